import { expect } from 'vitest'
import { DriverUnavailable } from '../driver.ts'
import { type Case, drain, ending, messages, observe, readUntil } from './fixture.contract.ts'

/**
 * How attempts end, are stopped, removed and listed, and what the driver answers while the engine
 * is away.
 */
export const endingCases = {
  'exit: reports every code as Docker does': async (t) => {
    for (const exitCode of [0, 1, 7, 137, 143, 255]) {
      const name = t.name()
      await t.driver.start(t.fixture.spec(name, [{ exit: exitCode }]))
      expect(await ending(t.driver, name)).toMatchObject({ exitCode, outOfMemory: false })
    }
  },

  'exit: processes that the command leaves behind end with it': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ leaveChild: { waitsFor: gate } }, { print: 'done' }, { exit: 4 }]))
    expect(await messages(t.driver, name)).toEqual(['done'])
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 4 })
  },

  'stop: sends SIGTERM first, which the attempt may obey': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ obeyTerm: true }, { print: 'ready' }, { waitFor: gate }]))
    await readUntil(t.driver, name, 'ready')
    await t.driver.stop(name, 60)
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 143, outOfMemory: false })
    expect(await messages(t.driver, name)).toEqual(['ready', 'got TERM'])
  },

  'stop: sends SIGKILL after the grace': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ ignoreTerm: true }, { print: 'ready' }, { waitFor: gate }]))
    await readUntil(t.driver, name, 'ready')
    const before = performance.now()
    await t.driver.stop(name, 1)
    expect(performance.now() - before).toBeGreaterThan(900)
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 137, outOfMemory: false })
  },

  'stop: a second call may shorten the grace of the first': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ ignoreTerm: true }, { print: 'ready' }, { waitFor: gate }]))
    await readUntil(t.driver, name, 'ready')
    const first = t.driver.stop(name, 600)
    await t.driver.stop(name, 0)
    await first
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 137 })
  },

  'stop: works on an attempt that a new driver object adopted': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ obeyTerm: true }, { print: 'ready' }, { waitFor: gate }]))
    await readUntil(t.driver, name, 'ready')
    await t.driver.close()
    const other = await t.reopen()
    await other.stop(name, 60)
    expect(await observe(other, name)).toMatchObject({ kind: 'exited', exitCode: 143 })
  },

  'stop: returns at once for an attempt that has ended or is absent': async (t) => {
    const name = t.name()
    await t.driver.start(t.fixture.spec(name, [{ exit: 7 }]))
    const end = await ending(t.driver, name)
    await t.driver.stop(name, 60)
    await t.driver.stop(t.name(), 60)
    expect(await observe(t.driver, name)).toEqual(end)
  },

  'lost: an attempt that went down with its host has no exit code, and earlier ends stay as they were': async (t) => {
    const [ended, runs, gate] = [t.name(), t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(ended, [{ print: 'done' }, { exit: 7 }]))
    const before = await ending(t.driver, ended)
    const spec = t.fixture.spec(runs, [{ print: 'up' }, { waitFor: gate }, { print: 'never' }])
    await t.driver.start(spec)
    await readUntil(t.driver, runs, 'up')
    await t.driver.close()
    await t.fixture.loseHost!()
    const other = await t.reopen()
    expect(await messages(other, runs)).toEqual(['up'])
    const lost = await observe(other, runs)
    expect(lost).toMatchObject({ kind: 'lost', startedAtMs: expect.any(Number), stoppedAtMs: expect.any(Number) })
    expect(lost).not.toHaveProperty('exitCode')
    expect(lost.kind === 'lost' && lost.stoppedAtMs >= lost.startedAtMs!).toBe(true)
    // The attempt is not run a second time under this name, and the answer stays the same from then
    // on.
    expect(await other.start(spec)).toEqual({ kind: 'started' })
    await other.stop(runs, 0)
    expect(await observe(other, runs)).toEqual(lost)
    expect(await t.fixture.runs(runs)).toBe(1)
    expect(await observe(other, ended)).toEqual(before)
    expect(await messages(other, ended)).toEqual(['done'])
    await other.remove(runs)
    expect(await observe(other, runs)).toEqual({ kind: 'absent' })
    // A later attempt is not affected by an earlier one.
    const after = t.name()
    await other.start(t.fixture.spec(after, [{ exit: 143 }]))
    expect(await ending(other, after)).toMatchObject({ exitCode: 143 })
  },

  'remove: leaves no trace of an ended attempt, and may be repeated': async (t) => {
    const name = t.name()
    await t.driver.start(t.fixture.spec(name, [{ print: 'text' }]))
    await ending(t.driver, name)
    await t.driver.remove(name)
    await t.driver.remove(name)
    expect(await observe(t.driver, name)).toEqual({ kind: 'absent' })
    expect(await drain(t.driver, name)).toEqual([])
    expect(await t.driver.list()).not.toContain(name)
    await t.driver.remove(t.name())
  },

  'remove: kills a running attempt': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ ignoreTerm: true }, { print: 'ready' }, { waitFor: gate }]))
    await readUntil(t.driver, name, 'ready')
    const reading = drain(t.driver, name)
    await t.driver.remove(name)
    expect(await observe(t.driver, name)).toEqual({ kind: 'absent' })
    expect(await t.driver.list()).not.toContain(name)
    await reading
  },

  'inspect: answers for every name asked': async (t) => {
    const [gate, runs, ended] = [t.gate(), t.name(), t.name()]
    const never = Array.from({ length: 300 }, () => t.name())
    await t.driver.start(t.fixture.spec(runs, [{ waitFor: gate }]))
    await t.driver.start(t.fixture.spec(ended, []))
    await drain(t.driver, ended)
    const answers = await t.driver.inspect([runs, ...never, ended])
    expect(answers.size).toBe(302)
    expect(answers.get(runs)?.kind).toBe('running')
    expect(answers.get(ended)?.kind).toBe('exited')
    for (const name of never) expect(answers.get(name)).toEqual({ kind: 'absent' })
    expect(await t.driver.inspect([])).toEqual(new Map())
    await t.fixture.openGate(gate)
    await drain(t.driver, runs)
  },

  'list: includes running and ended attempts': async (t) => {
    const [gate, runs, ended] = [t.gate(), t.name(), t.name()]
    await t.driver.start(t.fixture.spec(runs, [{ waitFor: gate }]))
    await t.driver.start(t.fixture.spec(ended, []))
    await drain(t.driver, ended)
    expect(await t.driver.list()).toEqual(expect.arrayContaining([runs, ended]))
    await t.fixture.openGate(gate)
    await drain(t.driver, runs)
  },

  'health: names the hosts and their capacity': async (t) => {
    const health = await t.driver.health()
    if (health.kind !== 'healthy') throw new Error(health.why)
    expect(health.hosts.length).toBeGreaterThan(0)
    expect(new Set(health.hosts.map((host) => host.hostName)).size).toBe(health.hosts.length)
    for (const host of health.hosts) {
      expect(host.hostName).toMatch(/./)
      expect(host.vcpus).toBeGreaterThan(0)
      expect(host.memoryMib).toBeGreaterThan(0)
      expect(host.gpus).toBeGreaterThanOrEqual(0)
    }
    expect((await (await t.reopen()).health()).kind).toBe('healthy')
  },

  'close: may be repeated': async (t) => {
    await t.driver.close()
    await t.driver.close()
  },

  'away: every call reports it, and work continues when the engine is back': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    const spec = t.fixture.spec(name, [{ print: 'before' }, { waitFor: gate }, { print: 'after' }, { exit: 7 }])
    await t.driver.start(spec)
    const read = await readUntil(t.driver, name, 'before')
    const { mend } = await t.fixture.breakEngine!()
    try {
      expect((await t.driver.health()).kind).toBe('unreachable')
      const answers = await t.driver.inspect([name, 'absent-one'])
      expect([...answers.values()].map((one) => one.kind)).toEqual(['unknown', 'unknown'])
      expect((await t.driver.start(spec)).kind).toBe('unknown')
      await expect(t.driver.list()).rejects.toBeInstanceOf(DriverUnavailable)
      await expect(t.driver.stop(name, 0)).rejects.toBeInstanceOf(DriverUnavailable)
      await expect(drain(t.driver, name)).rejects.toBeInstanceOf(DriverUnavailable)
    } finally {
      await mend()
    }
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    await t.fixture.openGate(gate)
    read.push(...(await drain(t.driver, name, read.at(-1)!.cursor)))
    expect(read.map((entry) => entry.message)).toEqual(['before', 'after'])
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 7 })
    expect(await t.fixture.runs(name)).toBe(1)
  },

  'away: a reader in the middle of the output gets DriverUnavailable': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ print: 'before' }, { waitFor: gate }]))
    const reading = t.driver.streamLogs(name, undefined, new AbortController().signal)[Symbol.asyncIterator]()
    await reading.next()
    const next = reading.next().then(
      () => undefined,
      (error: unknown) => error,
    )
    const { mend } = await t.fixture.breakEngine!()
    expect(await next).toBeInstanceOf(DriverUnavailable)
    await mend()
    await t.fixture.openGate(gate)
    expect(await messages(t.driver, name)).toEqual(['before'])
  },
} satisfies Record<string, Case>
