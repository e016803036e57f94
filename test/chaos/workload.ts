/** The kinds of jobs that live through the crashes: what each is told to do, and what must have become of it. */
import type { SubmitJobCommandInput } from '@aws-sdk/client-batch'
import { type ShellSteps, shellJob } from './shell-job.ts'

export type DriverName = 'scripted' | 'docker' | 'process'

/** What must be true of a job, or of each child of an array, once it has ended. */
export interface Expected {
  readonly status: 'SUCCEEDED' | 'FAILED'
  /** The job's statusReason. */
  readonly reason: RegExp
  /** How many attempts there may be; the log of each must be `output`. */
  readonly attempts: { readonly least: number; readonly most: number }
  /** Exit codes that attempt number `n` (from 1) may have; undefined stands for none. */
  exitCodes(n: number): readonly (number | undefined)[]
  /** The lines of each attempt's log, in order. */
  output(arrayIndex: number | undefined): readonly string[]
  /** `prefix`: it is stopped on the way. `none`: nothing of it ever runs. */
  readonly runs: 'to its end' | 'prefix' | 'none'
  readonly children?: number
  readonly parentReason?: RegExp
}

export interface Kind {
  readonly name: string
  /** How often it is drawn. */
  readonly weight: number
  readonly submit: Pick<SubmitJobCommandInput, 'containerOverrides' | 'retryStrategy' | 'timeout' | 'arrayProperties'>
  readonly expected: Expected
  /** Terminated a moment after it was submitted. */
  readonly terminated?: true
}

export const terminationReason = 'ended by the test'

const exited = /^Essential container in task exited$/
const once = { least: 1, most: 1 }
const succeeds = {
  status: 'SUCCEEDED',
  reason: exited,
  attempts: once,
  exitCodes: () => [0],
  runs: 'to its end',
} as const
const killed = [143, 137, undefined]

function numbered(text: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${text} ${index + 1}`)
}

const command = (...words: string[]) => ({ containerOverrides: { command: words } })
const shell = (steps: ShellSteps) => command('sh', '-c', shellJob(steps))

/** Jobs every driver gets, told in its own language. */
function kindsFor(language: {
  print(text: string, count: number): string | ShellSteps[number]
  pause(ms: number): string | ShellSteps[number]
  exit(code: number): string | ShellSteps[number]
  job(steps: (string | ShellSteps[number])[]): Kind['submit']
}): Kind[] {
  const { print, pause, exit, job } = language
  const lines = (count: number) => () => numbered('line', count)
  return [
    {
      name: 'plain',
      weight: 6,
      submit: job([print('line', 3), pause(200)]),
      expected: { ...succeeds, output: lines(3) },
    },
    {
      name: 'long',
      weight: 4,
      submit: job([print('a', 150), pause(300), print('b', 200), pause(300), print('c', 150)]),
      expected: { ...succeeds, output: () => [...numbered('a', 150), ...numbered('b', 200), ...numbered('c', 150)] },
    },
    {
      name: 'failing',
      weight: 3,
      submit: { ...job([print('line', 20), pause(100), exit(7)]), retryStrategy: { attempts: 3 } },
      expected: {
        ...succeeds,
        ...{ status: 'FAILED', attempts: { least: 3, most: 3 }, exitCodes: () => [7], output: lines(20) },
      },
    },
    {
      name: 'array',
      weight: 2,
      submit: { ...job([print('line', 2), pause(100)]), arrayProperties: { size: 5 } },
      expected: { ...succeeds, output: lines(2), children: 5, parentReason: exited },
    },
    {
      name: 'failing-array',
      weight: 1,
      submit: { ...job([print('line', 2), exit(3)]), arrayProperties: { size: 3 }, retryStrategy: { attempts: 2 } },
      expected: {
        ...{
          status: 'FAILED',
          reason: exited,
          attempts: { least: 2, most: 2 },
          exitCodes: () => [3],
          output: lines(2),
        },
        ...{ runs: 'to its end', children: 3, parentReason: /^Array Child Job failed$/ },
      },
    },
    {
      name: 'terminated',
      weight: 3,
      submit: { ...job([print('line', 5), pause(600_000)]), retryStrategy: { attempts: 3 } },
      terminated: true,
      expected: {
        ...{ status: 'FAILED', reason: new RegExp(`^${terminationReason}$`), attempts: { least: 0, most: 1 } },
        ...{ exitCodes: () => killed, output: lines(5), runs: 'prefix' },
      },
    },
  ]
}

const nothingRuns: Expected = {
  ...{ status: 'FAILED', reason: /^Task failed to start$/, attempts: { least: 2, most: 2 } },
  ...{ exitCodes: () => [undefined], output: () => [], runs: 'none' },
}

const scripted: Kind[] = [
  ...kindsFor({
    print: (text, count) => `print ${text} x${count}`,
    pause: (ms) => `run ${ms}ms`,
    exit: (code) => `exit ${code}`,
    job: (steps) => command(...(steps as string[])),
  }),
  {
    name: 'vanishing',
    weight: 1,
    submit: { ...command('print line x5', 'run 200ms', 'vanish'), retryStrategy: { attempts: 2 } },
    expected: {
      ...{ status: 'FAILED', reason: /^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/ },
      // What an engine has forgotten it cannot be asked for.
      ...{
        attempts: { least: 2, most: 2 },
        exitCodes: () => [undefined],
        output: () => numbered('line', 5),
        runs: 'prefix',
      },
    },
  },
  {
    name: 'unstartable',
    weight: 1,
    submit: {
      ...command('fail-to-start CannotPullContainerError: no such image'),
      retryStrategy: { attempts: 2 },
    },
    expected: nothingRuns,
  },
  ...['lose-reply', 'pull 500ms', 'unreachable 300ms'].map(
    (mischief): Kind => ({
      name: mischief.split(' ')[0]!,
      weight: 1,
      submit: command(mischief, 'print line x3', 'run 100ms'),
      expected: { ...succeeds, output: () => numbered('line', 3) },
    }),
  ),
]

const real: Kind[] = [
  ...kindsFor({
    print: (text, count) => ({ print: text, count }),
    pause: (ms) => ({ pauseMs: ms }),
    exit: (code) => ({ exit: code }),
    job: (steps) => shell(steps as ShellSteps),
  }),
  {
    name: 'flaky',
    weight: 3,
    submit: {
      ...shell([
        { print: 'line', count: 20 },
        { exitUnlessAttempt: 2, code: 9 },
      ]),
      retryStrategy: { attempts: 3 },
    },
    expected: {
      ...succeeds,
      ...{ attempts: { least: 2, most: 2 }, exitCodes: (n) => [n === 1 ? 9 : 0], output: () => numbered('line', 20) },
    },
  },
  {
    name: 'unstartable',
    weight: 1,
    submit: { ...command('/no/such/command'), retryStrategy: { attempts: 2 } },
    expected: nothingRuns,
  },
]

/** Takes a minute, AWS's least. */
function timedOut(submit: Kind['submit'], output: readonly string[]): Kind {
  return {
    name: 'timed-out',
    weight: 1,
    submit: { ...submit, timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 3 } },
    expected: {
      ...{ status: 'FAILED', reason: /^Job attempt duration exceeded timeout$/, attempts: once },
      ...{ exitCodes: () => killed, output: () => output, runs: 'prefix' },
    },
  }
}

export function kindsOf(driver: DriverName, withTimeouts: boolean): Kind[] {
  const kinds = driver === 'scripted' ? scripted : real
  if (!withTimeouts) return kinds
  const submit =
    driver === 'scripted'
      ? command('print line x5', 'run 10m')
      : shell([{ print: 'line', count: 5 }, { pauseMs: 600_000 }])
  return [...kinds, timedOut(submit, numbered('line', 5))]
}
