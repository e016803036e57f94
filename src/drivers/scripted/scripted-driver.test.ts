import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { drain } from '../contract/fixture.contract.ts'
import { exerciseDriver, type Step } from '../driver.contract.ts'
import type { AttemptSpec } from '../driver.ts'
import { createVirtualClock } from './clock.ts'
import { ScriptedDriver, type ScriptedOptions } from './scripted-driver.ts'

exerciseDriver({
  make: async () => {
    const directory = temporaryDirectory()
    const opened = new Set<string>()
    let driver: ScriptedDriver | undefined
    return {
      async open() {
        driver = new ScriptedDriver({ directory })
        for (const gate of opened) driver.control.openGate(gate)
        return driver
      },
      spec: (name, steps) => specOf(name, steps.flatMap(words)),
      pending: (name) => specOf(name, ['pull 1h', 'print never']),
      impossible: (name) => specOf(name, ['fail-to-start CannotPullContainerError: no such image']),
      async openGate(gate) {
        opened.add(gate)
        // A closed driver has no control left, so the next one opens the gate.
        if ((await driver?.health())?.kind === 'healthy') driver?.control.openGate(gate)
      },
      async runs(name) {
        const journal = readFileSync(join(directory, 'scripted.jsonl'), 'utf8').split('\n').filter(Boolean)
        return journal.map((line) => JSON.parse(line)).filter((line) => line.op === 'start' && line.name === name)
          .length
      },
      async breakEngine() {
        const broken = driver!
        broken.control.unreachable()
        return { mend: async () => broken.control.reachable() }
      },
      loseNextStartReply: () => driver!.control.loseReplies(1),
      async loseHost() {
        const between = new ScriptedDriver({ directory })
        between.control.loseHosts()
        await between.close()
      },
      async dispose() {
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
  skip: [
    {
      reason: 'one driver object owns the journal',
      cases: ['start: two driver objects at the same moment make one attempt'],
    },
    {
      reason: 'a script has no files',
      cases: [
        'environment: names a file that vouches for the server, which the attempt can read, where it names none itself',
        'output: a job that damages the files around it harms nobody else',
        'scratch: mounts of one volume share it, and it is removed with the attempt',
        'group: parts share their scratch by volume, and with no other group',
        'group: its scratch is removed with its last part, not before',
      ],
    },
    {
      reason: 'a script has no network; its group’s address is made up',
      cases: [
        'group: parts reach one another on 127.0.0.1',
        'group: two groups with their own addresses listen on one port and reach one another',
      ],
    },
    {
      reason: 'a script is no program: it has no limits, no user, no command line and only the variables it prints',
      cases: [
        'start: a failure before the command begins fails the start',
        'environment: is exactly as specified, whatever the names',
        'environment: appears in no command line, neither names nor values',
      ],
    },
    {
      reason: 'a script has no privileges',
      cases: ['start: denies new privileges where the attempt must not have them'],
    },
  ],
})

/** The contract's steps in the scripted driver's words. */
function words(step: Step): string[] {
  if ('print' in step) return [`print ${step.print}${step.times === undefined ? '' : ` x${step.times}`}`]
  if ('printError' in step) return [`print ${step.printError}`]
  if ('printBytes' in step) {
    return Buffer.from(step.printBytes)
      .toString('utf8')
      .split('\n')
      .map((line) => `print ${line}`)
  }
  if ('longLine' in step) return [`print-long ${step.longLine.text} ${step.longLine.bytes}`]
  if ('printVariable' in step) return [`print-env ${step.printVariable}`]
  if ('waitFor' in step) return [`wait ${step.waitFor}`]
  if ('obeyTerm' in step) return ['trap TERM']
  if ('ignoreTerm' in step) return ['ignore TERM']
  if ('takeMemoryMib' in step) return ['oom']
  if ('exit' in step) return [`exit ${step.exit}`]
  return []
}

describe('scripted driver', () => {
  const drivers: ScriptedDriver[] = []
  const directories: string[] = []
  const open = (options: ScriptedOptions) => {
    const driver = new ScriptedDriver(options)
    drivers.push(driver)
    return driver
  }
  const directory = () => {
    const made = temporaryDirectory()
    directories.push(made)
    return made
  }
  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close()
    for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true })
  })

  it('lives by its own clock: an hour passes at once', async () => {
    const clock = createVirtualClock(1_000)
    const driver = open({ clock })
    await driver.start(specOf('a', ['print first', 'run 1h', 'print second', 'exit 7']))
    expect((await driver.inspect(['a'])).get('a')).toEqual({ kind: 'running', startedAtMs: 1_000 })
    const reading = drain(driver, 'a')
    await clock.advance(3_600_000)
    const at = (atMs: number, message: string, cursor: string) => ({ atMs, message, cursor })
    expect(await reading).toEqual([at(1_000, 'first', '1'), at(3_601_000, 'second', '2')])
    expect((await driver.inspect(['a'])).get('a')).toEqual({
      kind: 'exited',
      exitCode: 7,
      outOfMemory: false,
      startedAtMs: 1_000,
      stoppedAtMs: 3_601_000,
    })
  })

  it('exits at once for one child of an array, and continues for the others', async () => {
    const driver = open({ clock: createVirtualClock() })
    const child = (index: string, step: string) => ({
      ...specOf(`child-${index}-${step.length}`, [step, 'print on']),
      environment: { AWS_BATCH_JOB_ARRAY_INDEX: index },
    })
    const [second, third, wrong] = [child('1', 'exit-at 1 7'), child('2', 'exit-at 1 7'), child('2', 'exit-at 2 256')]
    for (const spec of [second, third]) expect(await driver.start(spec)).toEqual({ kind: 'started' })
    const ends = await driver.inspect([second.name, third.name])
    expect(ends.get(second.name)).toMatchObject({ exitCode: 7 })
    expect(ends.get(third.name)).toMatchObject({ exitCode: 0 })
    expect(await driver.start({ ...wrong, command: ['print', 'exit-at 2 256'] })).toMatchObject({ kind: 'failed' })
  })

  it('continues by the wall clock while it is closed, and records each run once', async () => {
    const clock = createVirtualClock()
    const where = directory()
    const evidenceFile = join(where, 'evidence.jsonl')
    const evidence = () =>
      readFileSync(evidenceFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    const first = open({ clock, directory: where, evidenceFile })
    await first.start(specOf('a', ['run 10s', 'exit 3']))
    await first.start(specOf('b', ['run 60s']))
    await first.start(specOf('c', []))
    await first.close()
    await clock.advance(30_000)
    const second = open({ clock, directory: where, evidenceFile })
    const answers = await second.inspect(['a', 'b', 'c'])
    expect(answers.get('a')).toMatchObject({ kind: 'exited', exitCode: 3, stoppedAtMs: 10_000 })
    expect(answers.get('b')).toEqual({ kind: 'running', startedAtMs: 0 })
    await second.remove('b')
    await second.close()
    open({ clock, directory: where, evidenceFile })
    const run = (jobId: string, endedAt: number) => ({
      name: jobId,
      jobId,
      attempt: 1,
      nonce: expect.any(String),
      startedAt: 0,
      endedAt,
    })
    expect(evidence()).toEqual([run('c', 0), run('a', 10_000), run('b', 30_000)])
    expect(new Set(evidence().map((line) => line.nonce)).size).toBe(3)
  })

  it('is starting while it pulls, and may be stopped then', async () => {
    const clock = createVirtualClock()
    const driver = open({ clock })
    const starting = driver.start(specOf('a', ['pull 10s', 'print never']))
    await clock.advance(5_000)
    expect((await driver.inspect(['a'])).get('a')).toEqual({ kind: 'starting', why: 'image none is being pulled' })
    await driver.stop('a', 30)
    expect(await starting).toMatchObject({ kind: 'failed' })
    expect((await driver.inspect(['a'])).get('a')).toEqual({ kind: 'exited', outOfMemory: false, stoppedAtMs: 5_000 })
  })

  it('says why it is pending, in its script’s words if there are any, even after a restart', async () => {
    const kept = directory()
    const clock = createVirtualClock()
    const driver = open({ clock, directory: kept })
    const said: string[] = []
    const why = 'it waits in the queue of the cluster (Priority)'
    const starting = driver.start(specOf('a', [`pull 10s ${why}`]), undefined, (it) => said.push(it))
    await clock.advance(5_000)
    expect(said).toEqual([why])
    expect((await driver.inspect(['a'])).get('a')).toEqual({ kind: 'starting', why })
    await driver.close()
    await starting
    const again = open({ clock, directory: kept })
    expect((await again.inspect(['a'])).get('a')).toEqual({ kind: 'starting', why })
  })

  it('on order, vanishes, makes the engine unreachable, or runs out of memory', async () => {
    const clock = createVirtualClock()
    const driver = open({ clock })
    await driver.start(specOf('gone', ['run 1s', 'vanish']))
    await driver.start(specOf('away', ['run 2s', 'unreachable 3s', 'run 1s', 'oom']))
    const kinds = async () => [...(await driver.inspect(['gone', 'away'])).values()].map((one) => one.kind)
    expect(await kinds()).toEqual(['running', 'running'])
    await clock.advance(1_000)
    expect(await kinds()).toEqual(['absent', 'running'])
    expect(await driver.list()).toEqual(['away'])
    await clock.advance(1_000)
    expect(await kinds()).toEqual(['unknown', 'unknown'])
    await clock.advance(3_000)
    expect(await kinds()).toEqual(['absent', 'exited'])
    expect((await driver.inspect(['away'])).get('away')).toMatchObject({ exitCode: 137, outOfMemory: true })
  })

  it('loses the same replies for the same seed', async () => {
    const kinds = async () => {
      const driver = open({ lostReplies: 0.5, seed: 7 })
      const outcomes = []
      for (let index = 0; index < 20; index++) outcomes.push((await driver.start(specOf(`a${index}`, []))).kind)
      return outcomes
    }
    const first = await kinds()
    expect(new Set(first)).toEqual(new Set(['started', 'unknown']))
    expect(await kinds()).toEqual(first)
  })

  it.each([
    [['echo', 'hello', 'world'], ['hello world'], 0],
    [['print a', 'exit 7', 'print b'], ['a'], 7],
    [['false'], [], 1],
    [['python', 'train.py'], [], 0],
    [[], [], 0],
    [['sleep', '0.001'], [], 0],
  ])('plays %j', async (command, output, exitCode) => {
    const driver = open({})
    await driver.start(specOf('a', command))
    expect((await drain(driver, 'a')).map((entry) => entry.message)).toEqual(output)
    expect((await driver.inspect(['a'])).get('a')).toMatchObject({ exitCode })
  })

  it('waits until it is stopped, and exits with the code in its script', async () => {
    const clock = createVirtualClock()
    const driver = open({ clock })
    await driver.start(specOf('sidecar', ['print up', 'trap TERM 0', 'wait', 'print never']))
    await driver.start(specOf('plain', ['wait']))
    await clock.advance(3_600_000)
    await Promise.all([driver.stop('sidecar', 30), driver.stop('plain', 30)])
    expect((await drain(driver, 'sidecar')).map((entry) => entry.message)).toEqual(['up', 'got TERM'])
    expect((await driver.inspect(['sidecar'])).get('sidecar')).toMatchObject({ kind: 'exited', exitCode: 0 })
    expect((await driver.inspect(['plain'])).get('plain')).toMatchObject({ kind: 'exited', exitCode: 143 })
  })

  it('gives each group an address, the same for all its parts and after a restart', async () => {
    const clock = createVirtualClock()
    const where = directory()
    const part = (name: string, group: string) => ({
      ...specOf(name, ['wait']),
      group: { name: group, ownAddress: true },
    })
    const addresses = async (driver: ScriptedDriver) =>
      [...(await driver.inspect(['a', 'b', 'c'])).values()].map((one) =>
        one.kind === 'running' ? one.address : one.kind,
      )
    const first = open({ clock, directory: where })
    for (const [name, group] of [
      ['a', 'node-0'],
      ['b', 'node-0'],
      ['c', 'node-1'],
    ] as const) {
      await first.start(part(name, group))
    }
    const seen = await addresses(first)
    expect(seen[0]).toMatch(/^10\.\d+\.\d+\.\d+$/)
    expect(seen[1]).toBe(seen[0])
    expect(seen[2]).not.toBe(seen[0])
    await first.close()
    // Opened twice: the journal that was read back is written anew, and read back again.
    await open({ clock, directory: where }).close()
    expect(await addresses(open({ clock, directory: where }))).toEqual(seen)
  })

  it('closes its journal, which may hold a secret in a step, to other users', async () => {
    const where = directory()
    const driver = open({ directory: where })
    const secret = { environment: { TOKEN: 'hush' }, secretNames: ['TOKEN'] }
    await driver.start({ ...specOf('a', ['print-env TOKEN']), ...secret })
    expect((await drain(driver, 'a')).map((entry) => entry.message)).toEqual(['<hush>'])
    expect(statSync(join(where, 'scripted.jsonl')).mode & 0o777).toBe(0o600)
  })

  it('fails to start when a later word is not a step', async () => {
    const outcome = await open({}).start(specOf('a', ['print a', 'ext 7']))
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'CannotStartContainerError: the scripted driver knows no step "ext 7"',
    })
  })
})

function specOf(name: string, command: string[]): AttemptSpec {
  return {
    name,
    jobId: name,
    attempt: 1,
    image: 'none',
    command,
    environment: {},
    vcpus: 1,
    cpuIsHardLimit: false,
    memoryMib: 128,
    gpus: 0,
    privileged: false,
    readonlyRootFilesystem: false,
    mounts: [],
    ulimits: [],
    labels: {},
  }
}

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'openbatch-scripted-'))
}
