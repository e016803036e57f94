/** Runs Cromwell's example by the calls that Cromwell makes, and then what goes wrong. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { root } from '../../support/built.ts'
import { eventually } from '../../support/eventually.ts'
import { startServer, type TestServer, type TestServerOptions, tail } from '../../support/openbatch-server.ts'
import {
  abort,
  type Call,
  ended,
  folderOf,
  listed,
  metadataOf,
  pathOf,
  submitCall,
  verdictOf,
  workDirectory,
} from './cromwell.ts'
import { Manager } from './manager.ts'

export interface CromwellExercise {
  readonly server: TestServerOptions
  /** Has bash, coreutils, find, grep and awk, and no `aws`. */
  readonly image: string
  /** One that cannot be pulled. */
  readonly absentImage?: string
  readonly as: 'administrator' | 'user'
  /** What the example scatters over. */
  readonly numbers: readonly number[]
  /** Leaves out what depends on the script alone. A task is some twenty calls of `aws`. */
  readonly isShort?: true
  /** Two tasks at once would meet in the machine's `/tmp`. */
  readonly sharesTmp?: boolean
}

const wdl = readFileSync(join(root, 'examples/cromwell/squares.wdl'), 'utf8')

/** The command of a task in the example, with values for its placeholders. */
function commandOf(task: string, values: Readonly<Record<string, string>>): string {
  const [, command] = new RegExp(`^task ${task} \\{[^]*?command <<<\\n([^]*?)\\n *>>>`, 'm').exec(wdl)!
  return command!.trim().replaceAll(/~\{(.+?)\}/g, (_, name: string) => values[name]!)
}

export function exerciseCromwell(exercise: CromwellExercise): void {
  const { server: options, image, absentImage, as, numbers, isShort = false, sharesTmp = false } = exercise
  let server: TestServer
  let cromwell: Manager
  let serial = 0

  beforeAll(async () => {
    server = await startServer(options)
    const who = as === 'user' ? server.addUser('jdoe') : server.administrator
    cromwell = new Manager(server.endpoint, who, 'cromwell')
    await cromwell.makeBucket()
  })
  afterAll(async () => {
    cromwell?.close()
    await server?.stop()
    if (sharesTmp) rmSync(workDirectory, { recursive: true, force: true })
  })

  const call = (name: string, command: string, more: Partial<Call> = {}): Call => {
    onTestFailed(() => console.error(`the server said:\n${tail(server.log())}`))
    return { root: `cromwell-execution/w/${serial++}`, name, command, image, ...more }
  }
  const run = async (one: Call) => {
    const { jobId } = await submitCall(cromwell, one)
    const job = await ended(cromwell, jobId)
    const log = await cromwell.log(job, { startFromHead: true })
    onTestFailed(() => console.error(`the log of ${one.name}:\n${log.join('\n')}`))
    return { job, verdict: await verdictOf(cromwell, one, job), log }
  }

  test('asks who it is before it starts', async () => {
    expect(await cromwell.account()).toBe('123456789012')
  })

  const oneByOne = sharesTmp ? ', one after the other, as they share /tmp' : ''
  test(`the example scatters and gathers, with one definition and a script for each call${oneByOne}`, async () => {
    const scattered = numbers.map((number, shard) => ({
      ...call('square', commandOf('square', { number: String(number) })),
      ...{ root: 'cromwell-execution/squares/1', shard, outputs: ['result.txt'] },
    }))
    const submitted = []
    for (const one of scattered) {
      const made = await submitCall(cromwell, one)
      submitted.push(made)
      if (sharesTmp) await ended(cromwell, made.jobId)
    }
    expect(submitted.map(({ isDefinitionNew }) => isDefinitionNew)).toEqual(numbers.map((_, at) => at === 0))
    const jobs = await Promise.all(submitted.map(({ jobId }) => ended(cromwell, jobId)))
    const verdicts = await Promise.all(scattered.map((one, at) => verdictOf(cromwell, one, jobs[at]!)))
    expect(verdicts).toEqual(scattered.map(() => ({ kind: 'succeeded' })))

    const inputs = scattered.map((one) => `${folderOf(one)}/result.txt`)
    const squares = inputs.map((key) => pathOf(cromwell, key)).join(' ')
    const command = commandOf('total', { "sep=' ' squares": squares })
    const total = { ...call('total', command, { inputs, outputs: ['sum.txt'] }), root: 'cromwell-execution/squares/1' }
    const { job, verdict } = await run(total)
    expect(verdict).toEqual({ kind: 'succeeded' })
    expect(await cromwell.get(`${folderOf(total)}/sum.txt`)).toBe(
      `${numbers.reduce((sum, number) => sum + number * number, 0)}\n`,
    )
    expect(metadataOf(job)).toEqual({
      ...{ stream: expect.stringMatching(/^cromwell_.+\/default\//), group: '/aws/batch/job', region: 'us-west-2' },
    })
    const again = await submitCall(cromwell, total)
    expect(again.isScriptNew).toBe(false)
    await ended(cromwell, again.jobId)
  })

  test.skipIf(isShort)(
    'a call finds an input with a difficult name, does without an optional one, and gathers a glob',
    async () => {
      await cromwell.put('data/sample (1 2).txt', 'of the sample\n')
      const [key, absent] = ['data/sample (1 2).txt', 'data/absent.txt']
      const command = `split -b 5 '${pathOf(cromwell, key)}' part.; mkdir empty; ls /cromwell_root | wc -l; cat /var/lib/cloud/data/instance-id`
      const globbed = call('parts', command, { inputs: [key], optionalInputs: [absent], glob: 'part.*' })
      const { verdict, log } = await run(globbed)
      expect(verdict).toEqual({ kind: 'succeeded' })
      expect(log).toContain(`s3://cromwell/${absent} does not exist`)
      expect(await cromwell.get(`${folderOf(globbed)}/parts-stdout.log`)).toMatch(/^0\ni-[0-9a-f]{17}\n?$/)
      expect(await cromwell.get(`${folderOf(globbed)}/.glob-1.list`)).toBe('part.aa\npart.ab\npart.ac\n')
      expect(await cromwell.get(`${folderOf(globbed)}/.glob-1/part.ab`)).toBe('e sam')
      expect(await cromwell.get(`${folderOf(globbed)}/.glob-1/cromwell_glob_control_file`)).toBeUndefined()
    },
  )

  test('a call that exits with 7 fails with that code', async () => {
    const one = call('fails', 'echo broken >&2; exit 7')
    const { job, verdict, log } = await run(one)
    expect(verdict).toEqual({
      kind: 'failed',
      message: 'Job fails:NA:1 exited with return code 7 which has not been declared as a valid return code.',
    })
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Essential container in task exited' })
    expect(job.container).toMatchObject({ exitCode: 7 })
    expect(log).toContain('broken')
    expect(await cromwell.get(`${folderOf(one)}/fails-stderr.log`)).toBe('broken\n')
  })

  test.skipIf(isShort)('an input that is not there ends the call before its command runs', async () => {
    const { verdict, log } = await run(call('reads', 'echo ran', { inputs: ['data/absent.txt'] }))
    expect(verdict).toMatchObject({ kind: 'failed', message: expect.stringContaining('return code 1') })
    expect(log).toContain('*** LOCALIZATION FAILED ***')
    expect(log).not.toContain('ran')
  })

  test('a call that runs out of memory is tried again with more', async () => {
    const command = 'head -c 100000000 /dev/zero | tail -c 99999999 > /dev/null && echo held > held'
    const first = call('holds', command, { memoryMib: 64 })
    expect((await run(first)).verdict).toEqual({ kind: 'memory' })
    const second = { ...first, attempt: 2, memoryMib: 256, outputs: ['held'] }
    expect((await run(second)).verdict).toEqual({ kind: 'succeeded' })
    expect(await cromwell.get(`${folderOf(second)}/held`)).toBe('held\n')
  })

  test('an abort ends a running call', async () => {
    const one = call('waits', 'echo begun; sleep 600')
    const { jobId } = await submitCall(cromwell, one)
    await eventually('the call runs', async () => (await listed(cromwell)).get(jobId) === 'RUNNING' || undefined)
    await abort(cromwell, jobId)
    expect(await ended(cromwell, jobId)).toMatchObject({ status: 'FAILED', statusReason: 'cromwell abort called' })
    expect(await cromwell.get(`${folderOf(one)}/waits-rc.txt`)).toBeUndefined()
  })

  test.runIf(absentImage !== undefined)('an image that cannot be pulled is told in the reason', async () => {
    const one = call('pulls', 'true', { image: absentImage! })
    const { jobId } = await submitCall(cromwell, one)
    const job = await ended(cromwell, jobId)
    expect(job.attempts!.at(-1)!.container!.reason).toMatch(/^CannotPullContainerError: /)
    expect(metadataOf(job)).toMatchObject({ group: '/aws/batch/job', region: 'us-west-2' })
    expect(await verdictOf(cromwell, one, job)).toMatchObject({ kind: 'failed' })
  })
}
