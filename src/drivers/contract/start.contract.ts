import { expect } from 'vitest'
import type { StartOutcome } from '../driver.ts'
import { type Case, drain, ending, messages, observe, readUntil } from './fixture.contract.ts'

/** Collects the reasons why a start is pending; `first` resolves with the first one. */
function nextWord(): { hear: (why: string) => void; first: Promise<string> } {
  let hear = (_: string) => {}
  const first = new Promise<string>((resolve) => {
    hear = resolve
  })
  return { hear, first }
}

/** Starting, adopting, failing to start, and what an attempt receives. */
export const startCases = {
  'start: runs the attempt, and inspect follows it to its end': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    const before = Date.now()
    expect(await t.driver.start(t.fixture.spec(name, [{ waitFor: gate }]))).toEqual({ kind: 'started' })
    const running = await observe(t.driver, name)
    expect(running).toEqual({ kind: 'running', startedAtMs: expect.any(Number) })
    await t.fixture.openGate(gate)
    const end = await ending(t.driver, name)
    expect(end).toMatchObject({ exitCode: 0, outOfMemory: false })
    expect(end.startedAtMs).toBeGreaterThanOrEqual(before - 1000)
    expect(end.stoppedAtMs).toBeGreaterThanOrEqual(end.startedAtMs!)
    expect(end.stoppedAtMs).toBeLessThanOrEqual(Date.now() + 1000)
    expect(await observe(t.driver, name)).toEqual(end)
  },

  'start: a second call adopts the running attempt': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    const spec = t.fixture.spec(name, [{ waitFor: gate }])
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    await t.fixture.openGate(gate)
    expect((await ending(t.driver, name)).exitCode).toBe(0)
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: calls at the same moment make one attempt': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ print: 'once' }])
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => t.driver.start(spec)))
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => ({ kind: 'started' })))
    expect(await messages(t.driver, name)).toEqual(['once'])
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: two driver objects at the same moment make one attempt': async (t) => {
    const other = await t.reopen()
    for (let round = 0; round < 5; round++) {
      const name = t.name()
      const spec = t.fixture.spec(name, [{ print: 'once' }])
      const outcomes = await Promise.all([t.driver.start(spec), other.start(spec), t.driver.start(spec)])
      for (const outcome of outcomes) expect(['started', 'unknown']).toContain(outcome.kind)
      expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
      expect(await messages(other, name)).toEqual(['once'])
      expect(await t.fixture.runs(name)).toBe(1)
    }
  },

  'start: never runs an ended attempt again': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ exit: 7 }])
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    const end = await ending(t.driver, name)
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    await t.driver.close()
    const other = await t.reopen()
    expect(await other.start(spec)).toEqual({ kind: 'started' })
    expect(await observe(other, name)).toEqual(end)
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: a new driver object adopts the running attempt': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    const spec = t.fixture.spec(name, [{ print: 'before' }, { waitFor: gate }, { print: 'after' }, { exit: 7 }])
    await t.driver.start(spec)
    await readUntil(t.driver, name, 'before')
    const running = await observe(t.driver, name)
    await t.driver.close()
    const other = await t.reopen()
    expect(await observe(other, name)).toEqual(running)
    expect(await other.start(spec)).toEqual({ kind: 'started' })
    await t.fixture.openGate(gate)
    expect(await messages(other, name)).toEqual(['before', 'after'])
    expect(await observe(other, name)).toMatchObject({ kind: 'exited', exitCode: 7 })
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: the next driver object knows an attempt that ended meanwhile': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ waitFor: gate }, { print: 'alone' }, { exit: 3 }]))
    await t.driver.close()
    await t.fixture.openGate(gate)
    const other = await t.reopen()
    expect(await messages(other, name)).toEqual(['alone'])
    expect(await observe(other, name)).toMatchObject({ kind: 'exited', exitCode: 3, outOfMemory: false })
  },

  'start: an impossible attempt fails for good': async (t) => {
    const name = t.name()
    const spec = t.fixture.impossible(name)
    const outcome = await t.driver.start(spec)
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^Cannot\w+Error: ./) })
    expect((await t.driver.start(spec)).kind).toBe('failed')
    const observation = await observe(t.driver, name)
    if (observation.kind === 'exited') expect(observation.startedAtMs).toBeUndefined()
    else expect(observation).toEqual({ kind: 'absent' })
    expect(await drain(t.driver, name)).toEqual([])
    await t.driver.remove(name)
    expect(await t.driver.list()).not.toContain(name)
  },

  'start: a failure before the command begins fails the start': async (t) => {
    const nofile = (softLimit: number, hardLimit: number) => ({ ulimits: [{ name: 'nofile', softLimit, hardLimit }] })
    const wrong = {
      'no such ulimit': { ulimits: [{ name: 'nonsense', softLimit: 1, hardLimit: 1 }] },
      'a soft limit above the hard one': nofile(20, 10),
      'a limit above what the kernel allows anybody': nofile(4_000_000_000, 4_000_000_000),
      'no such user': { user: 'no-such-user-anywhere' },
      'no such program': { entryPoint: ['/no/such/program'] },
      'no program': { entryPoint: ['/etc/passwd'] },
      'a directory': { entryPoint: ['/etc'] },
    }
    for (const [what, change] of Object.entries(wrong)) {
      const name = t.name()
      const spec = { ...t.fixture.spec(name, [{ print: 'ran' }]), ...change }
      const outcome = await t.driver.start(spec)
      const failed = { kind: 'failed', reason: expect.stringMatching(/^CannotStartContainerError: ./) }
      expect([what, outcome]).toEqual([what, failed])
      expect(await t.driver.start(spec)).toMatchObject({ kind: 'failed' })
      const observation = await observe(t.driver, name)
      if (observation.kind === 'exited') expect(observation).not.toHaveProperty('startedAtMs')
      else expect(observation).toEqual({ kind: 'absent' })
      expect(await t.fixture.runs(name)).toBe(0)
    }
  },

  'start: giving up the wait leaves the truth to inspect': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ print: 'once' }])
    const outcome = await t.driver.start(spec, AbortSignal.abort())
    expect(['started', 'unknown']).toContain(outcome.kind)
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    expect(await messages(t.driver, name)).toEqual(['once'])
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: says why it is still pending, and can be stopped meanwhile': async (t) => {
    const name = t.name()
    const [said, other] = [nextWord(), nextWord()]
    const starting = t.driver.start(t.fixture.pending!(name), undefined, said.hear)
    // A driver whose attempts wait long need not keep its callers waiting. Its answer then says
    // why.
    const answered = (start: Promise<StartOutcome>) =>
      start.then((outcome) => (outcome.kind === 'starting' ? outcome.why : undefined))
    expect(await Promise.race([said.first, answered(starting)])).toMatch(/\S/)
    const joining = t.driver.start(t.fixture.pending!(name), undefined, other.hear)
    expect(await Promise.race([other.first, answered(joining)])).toMatch(/\S/)
    expect(await observe(t.driver, name)).toEqual({ kind: 'starting', why: expect.stringMatching(/\S/) })
    await t.driver.stop(name, 0)
    for (const { kind } of await Promise.all([starting, joining])) expect(kind).not.toBe('started')
    const over = await observe(t.driver, name)
    if (over.kind === 'exited') expect(over).not.toHaveProperty('startedAtMs')
    else expect(over).toEqual({ kind: 'absent' })
  },

  'start: a lost reply is unknown, and the next call adopts': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ print: 'once' }])
    t.fixture.loseNextStartReply!()
    expect((await t.driver.start(spec)).kind).toBe('unknown')
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    expect(await messages(t.driver, name)).toEqual(['once'])
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'start: passes the environment exactly': async (t) => {
    const name = t.name()
    const odd = {
      PLAIN: 'value',
      EMPTY: '',
      SPACES: '  two  spaces ',
      QUOTES: `it's "quoted" \`so\` $(not run) $HOME \\ end`,
      EQUALS: 'a=b=c',
      LINES: 'first\nsecond',
      UNICODE: 'Áß, 世界 🎉',
      lower_case: 'kept',
    }
    const spec = t.fixture.spec(
      name,
      Object.keys(odd).map((variable) => ({ printVariable: variable })),
    )
    await t.driver.start({ ...spec, environment: { ...spec.environment, ...odd } })
    const expected = Object.values(odd).map((value) => `<${value}>`)
    expect((await messages(t.driver, name)).join('\n')).toBe(expected.join('\n'))
  },

  'start: keeps the environment of this process from the attempt': async (t) => {
    const name = t.name()
    process.env.OPENBATCH_CONTRACT_SECRET = 'secret'
    try {
      await t.driver.start(t.fixture.spec(name, [{ printVariable: 'OPENBATCH_CONTRACT_SECRET' }]))
      expect(await messages(t.driver, name)).toEqual(['<unset>'])
    } finally {
      delete process.env.OPENBATCH_CONTRACT_SECRET
    }
  },

  'start: the entry point comes before the command': async (t) => {
    const name = t.name()
    const { command, ...spec } = t.fixture.spec(name, [{ print: 'first' }, { print: 'second' }, { exit: 7 }])
    await t.driver.start({ ...spec, entryPoint: command.slice(0, 1), command: command.slice(1) })
    expect(await messages(t.driver, name)).toEqual(['first', 'second'])
    expect(await observe(t.driver, name)).toMatchObject({ exitCode: 7 })
  },

  'start: denies new privileges where the attempt must not have them': async (t) => {
    for (const noNewPrivileges of [true, false]) {
      const name = t.name()
      await t.driver.start({ ...t.fixture.spec(name, [{ printFile: '/proc/self/status' }]), noNewPrivileges })
      const asked = `NoNewPrivs:\t${noNewPrivileges ? 1 : 0}`
      expect(await messages(t.driver, name)).toContain(asked)
    }
  },

  'scratch: mounts of one volume share it, and it is removed with the attempt': async (t) => {
    const mounts = ['/scratch-a', '/scratch-b'].map(
      (containerPath) => ({ kind: 'scratch', volume: 'v', containerPath, readOnly: false }) as const,
    )
    const writer = t.name()
    const write = { writeFile: { path: '/scratch-a/file', text: 'shared' } }
    await t.driver.start({ ...t.fixture.spec(writer, [write, { printFile: '/scratch-b/file' }]), mounts })
    expect(await messages(t.driver, writer)).toEqual(['shared'])
    const reader = t.name()
    await t.driver.start({ ...t.fixture.spec(reader, [{ printFile: '/scratch-b/file' }]), mounts })
    expect(await messages(t.driver, reader)).not.toContain('shared')
  },

  'memory: exceeding the limit ends the attempt as out of memory': async (t) => {
    const name = t.name()
    await t.driver.start({ ...t.fixture.spec(name, [{ takeMemoryMib: 256 }, { print: 'had it' }]), memoryMib: 32 })
    expect(await messages(t.driver, name)).not.toContain('had it')
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 137, outOfMemory: true })
  },
} satisfies Record<string, Case>
