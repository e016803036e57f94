/** Jobs of one container without dependencies, and arrays of them. */
import { cannotStart, fails, isTerminated, stopped, succeeds, timesOut, toItsEnd } from './endings.ts'
import { type Language, numbered, onlyContainer, shellLanguage } from './language.ts'
import { type Expected, type Kind, type Step, terminationReason } from './workload.ts'

const lines = (count: number) => numbered('line', count)
const command = (...words: string[]) => ({ containerOverrides: { command: words } })

function kind(
  name: string,
  weight: number,
  submit: Step['submit'],
  expected: Expected,
  more: Partial<Step> = {},
): Kind {
  return { name, weight, steps: [{ submit, expected, ...more }] }
}

/** The jobs for every driver. */
export function commonJobs({ print, pause, exit, command: words }: Language): Kind[] {
  const job = (...steps: Parameters<Language['command']>[0]) => command(...words(steps))
  const long = [print('a', 150), pause(300), print('b', 200), pause(300), print('c', 150)]
  const joined = [
    print('head', 1),
    print('a', 20),
    pause(300),
    print('b', 20),
    print('head', 1),
    print('c', 30),
    pause(200),
  ]
  const short = job(print('line', 2), pause(100))
  const endless = job(print('line', 5), pause(600_000))
  const twice = { retryStrategy: { attempts: 2 } }
  return [
    kind('plain', 6, job(print('line', 3), pause(200)), succeeds(lines(3))),
    kind('long', 4, job(...long), succeeds([...numbered('a', 150), ...numbered('b', 200), ...numbered('c', 150)])),
    kind(
      'failing',
      3,
      { ...job(print('line', 20), pause(100), exit(7)), retryStrategy: { attempts: 3 } },
      fails({ '': toItsEnd(lines(20), 7) }, 3),
      { takes: { token: 2 } },
    ),
    kind('array', 2, { ...short, arrayProperties: { size: 5 } }, { ...succeeds(lines(2)), children: 5 }),
    kind(
      'failing-array',
      1,
      { ...job(print('line', 2), exit(3)), ...twice, arrayProperties: { size: 3 } },
      { ...fails({ '': toItsEnd(lines(2), 3) }, 2), children: 3 },
    ),
    kind(
      'terminated',
      3,
      { ...endless, retryStrategy: { attempts: 3 } },
      isTerminated({ '': stopped(lines(5)) }, terminationReason),
      { terminated: true, takes: { licence: 1, token: 1 } },
    ),
    {
      ...kind(
        'joined',
        3,
        job(...joined),
        succeeds([
          ...numbered('head', 1),
          ...numbered('a', 20),
          ...numbered('b', 20),
          ...numbered('head', 1),
          ...numbered('c', 30),
        ]),
      ),
      definition: ofJoinedLines,
    },
    kind('licensed', 2, job(print('line', 3), pause(300)), succeeds(lines(3)), { takes: { licence: 2 } }),
    kind(
      'licensed-array',
      1,
      { ...short, arrayProperties: { size: 4 } },
      { ...succeeds(lines(2)), children: 4 },
      { takes: { licence: 3, token: 5 } },
    ),
  ]
}

/**
 * Log events with several lines: what is held of an event when the server is killed must be read
 * again.
 */
const ofJoinedLines: NonNullable<Kind['definition']> = (around) => ({
  type: 'container',
  containerProperties: {
    ...onlyContainer(around),
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-multiline-pattern': '^head' } },
  },
})

export const scriptedJobs: Kind[] = [
  kind(
    'vanishing',
    1,
    { ...command('print line x5', 'run 200ms', 'vanish'), retryStrategy: { attempts: 2 } },
    {
      ...{ status: 'FAILED', reason: /^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/ },
      attempts: { least: 2, most: 2 },
      // An engine cannot be asked about an attempt that it has forgotten.
      parts: { '': { exitCodes: () => [undefined], output: lines(5), runs: 'prefix' } },
    },
  ),
  kind(
    'unstartable',
    1,
    { ...command('fail-to-start CannotPullContainerError: no such image'), retryStrategy: { attempts: 2 } },
    cannotStart(2),
    { takes: { licence: 1, token: 1 } },
  ),
  ...['lose-reply', 'pull 500ms', 'unreachable 300ms'].map((mischief) =>
    kind(mischief.split(' ')[0]!, 1, command(mischief, 'print line x3', 'run 100ms'), succeeds(lines(3))),
  ),
]

/** Succeeds at the second attempt. A script cannot tell one attempt from another. */
const flaky: Step = {
  submit: {
    ...command(
      ...shellLanguage.command([
        { print: 'line', count: 20 },
        { exitUnlessAttempt: 2, code: 9 },
      ]),
    ),
    retryStrategy: { attempts: 3 },
  },
  expected: {
    ...succeeds([]),
    attempts: { least: 2, most: 2 },
    parts: { '': { exitCodes: (n) => [n === 1 ? 9 : 0], output: lines(20), runs: 'to its end' } },
  },
}
const flakyArray: Step = {
  submit: { ...flaky.submit, arrayProperties: { size: 3 } },
  expected: { ...flaky.expected, children: 3 },
}

export const realJobs: Kind[] = [
  { name: 'flaky', weight: 3, steps: [flaky] },
  {
    name: 'flaky-pairs',
    weight: 1,
    steps: [
      flakyArray,
      { ...flakyArray, needs: [{ step: 0, type: 'N_TO_N' }] },
      { ...flakyArray, isSequential: true, needs: [{ step: 1, child: 2 }] },
    ],
  },
  kind('unstartable', 1, { ...command('/no/such/command'), retryStrategy: { attempts: 2 } }, cannotStart(2), {
    takes: { licence: 1, token: 1 },
  }),
]

/** Takes a minute, AWS's minimum. */
export function timedOut({ print, pause, command: words }: Language): Kind {
  return kind(
    'timed-out',
    1,
    {
      ...command(...words([print('line', 5), pause(600_000)])),
      ...{ timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 3 } },
    },
    timesOut({ '': stopped(lines(5)) }),
  )
}
