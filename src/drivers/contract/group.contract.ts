import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'vitest'
import type { AttemptGroup, AttemptSpec } from '../driver.ts'
import { type Case, type CaseContext, ending, messages, observe, readUntil, type Step } from './fixture.contract.ts'

/**
 * Attempts that are the parts of one task: what they share, what each task has for itself, and when
 * it is removed.
 */
export const groupCases = {
  'group: parts share their scratch by volume, and with no other group': async (t) => {
    const [group, gate] = [newGroup(t), t.gate()]
    const [writer, reader, stranger] = [t.name(), t.name(), t.name()]
    const write: Step[] = [{ writeFile: { path: '/scratch-a/file', text: 'shared' } }, { print: 'written' }]
    await t.driver.start(part(t, writer, group, [...write, { waitFor: gate }], scratchAt('/scratch-a')))
    await readUntil(t.driver, writer, 'written')
    const read: Step[] = [{ printFile: '/scratch-b/file' }]
    await t.driver.start(part(t, reader, group, read, scratchAt('/scratch-b')))
    expect(await messages(t.driver, reader)).toEqual(['shared'])
    await t.driver.start(part(t, stranger, newGroup(t), read, scratchAt('/scratch-b')))
    expect(await messages(t.driver, stranger)).not.toContain('shared')
    await t.fixture.openGate(gate)
    await ending(t.driver, writer)
  },

  'group: its scratch is removed with its last part, not before': async (t) => {
    const [group, gate] = [newGroup(t), t.gate()]
    const [writer, reader, later] = [t.name(), t.name(), t.name()]
    const write: Step[] = [{ writeFile: { path: '/scratch/file', text: 'kept' } }]
    const read: Step[] = [{ waitFor: gate }, { printFile: '/scratch/file' }]
    await t.driver.start(part(t, writer, group, write, scratchAt('/scratch')))
    await ending(t.driver, writer)
    await t.driver.start(part(t, reader, group, read, scratchAt('/scratch')))
    await t.driver.remove(writer)
    await t.driver.remove(writer)
    await t.fixture.openGate(gate)
    expect(await messages(t.driver, reader)).toEqual(['kept'])
    await t.driver.close()
    // Another driver object than the one that started it may remove the last part.
    const other = await t.reopen()
    await other.remove(reader)
    const again: Step[] = [{ printFile: '/scratch/file' }]
    await other.start(part(t, later, group, again, scratchAt('/scratch')))
    expect(await messages(other, later)).not.toContain('kept')
  },

  'group: parts reach one another on 127.0.0.1': async (t) => {
    for (const ownAddress of [false, true]) {
      const [group, gate, port] = [newGroup(t, ownAddress), t.gate(), await freePort()]
      const [server, client] = [t.name(), t.name()]
      await t.driver.start(part(t, server, group, [{ serve: { port, text: 'hello' } }, { waitFor: gate }]))
      await readUntil(t.driver, server, 'listening')
      await t.driver.start(part(t, client, group, [{ printServed: { address: '127.0.0.1', port } }]))
      expect(await messages(t.driver, client)).toEqual(['hello'])
      await t.fixture.openGate(gate)
      await ending(t.driver, server)
    }
  },

  'group: two groups with their own addresses listen on one port and reach one another': async (t) => {
    const [gate, port] = [t.gate(), await freePort()]
    const [first, second, client] = [t.name(), t.name(), t.name()]
    const [one, other] = [newGroup(t, true), newGroup(t, true)]
    const serve = (text: string): Step[] => [{ serve: { port, text } }, { waitFor: gate }]
    await t.driver.start(part(t, first, one, serve('of the first')))
    await t.driver.start(part(t, second, other, serve('of the second')))
    await readUntil(t.driver, first, 'listening')
    await readUntil(t.driver, second, 'listening')
    const answers = await t.driver.inspect([first, second])
    const addresses = [first, second].map((name) => addressIn(answers.get(name)))
    const calls: Step[] = [...addresses, '127.0.0.1'].map((address) => ({ printServed: { address, port } }))
    await t.driver.start(part(t, client, other, calls))
    expect(await messages(t.driver, client)).toEqual(['of the first', 'of the second', 'of the second'])
    for (const name of [first, second]) await t.driver.stop(name, 0)
  },

  'group: inspect reports its own address, the same for all parts and drivers, and no other': async (t) => {
    const [group, plain, gate] = [newGroup(t, true), newGroup(t), t.gate()]
    const [a, b, c] = [t.name(), t.name(), t.name()]
    for (const name of [a, b]) await t.driver.start(part(t, name, group, [{ waitFor: gate }]))
    await t.driver.start(part(t, c, plain, [{ waitFor: gate }]))
    const seen = await observe(t.driver, a)
    expect(seen).toEqual({ kind: 'running', startedAtMs: expect.any(Number), address: expect.any(String) })
    const address = addressIn(seen)
    expect(addressIn(await observe(t.driver, b))).toBe(address)
    expect(await observe(t.driver, c)).toEqual({ kind: 'running', startedAtMs: expect.any(Number) })
    // Enough names to make a driver ask for all of them at once.
    const many = await t.driver.inspect([a, ...Array.from({ length: 50 }, () => t.name())])
    expect(many.get(a)).toEqual(seen)
    await t.driver.close()
    const other = await t.reopen()
    expect(await observe(other, a)).toEqual(seen)
    for (const name of [a, b, c]) await other.stop(name, 0)
    expect(await observe(other, a)).not.toHaveProperty('address')
  },

  'group: parts that start at the same moment, twice each, run once each': async (t) => {
    for (const ownAddress of [false, true]) {
      const [group, gate] = [newGroup(t, ownAddress), t.gate()]
      const before = await t.driver.list()
      const names = Array.from({ length: 4 }, () => t.name())
      const specs = names.map((name) => part(t, name, group, [{ print: name }, { waitFor: gate }]))
      const outcomes = await Promise.all([...specs, ...specs].map((spec) => t.driver.start(spec)))
      for (const outcome of outcomes) expect(outcome).toEqual({ kind: 'started' })
      expect((await t.driver.list()).sort()).toEqual([...before, ...names].sort())
      const seen = [...(await t.driver.inspect(names)).values()]
      expect(seen.map((one) => one.kind)).toEqual(names.map(() => 'running'))
      for (const name of names) await readUntil(t.driver, name, name)
      await Promise.all(names.map((name) => t.driver.stop(name, 0)))
      for (const name of names) {
        expect(await messages(t.driver, name)).toEqual([name])
        expect(await t.fixture.runs(name)).toBe(1)
      }
      await Promise.all(names.map((name) => t.driver.remove(name)))
      expect((await t.driver.list()).sort()).toEqual(before.sort())
    }
  },

  'group: no driver object runs an ended part again': async (t) => {
    const [group, name] = [newGroup(t, true), t.name()]
    const spec = part(t, name, group, [{ exit: 7 }])
    expect(await t.driver.start(spec)).toEqual({ kind: 'started' })
    const end = await ending(t.driver, name)
    await t.driver.close()
    const other = await t.reopen()
    expect(await other.start(spec)).toEqual({ kind: 'started' })
    expect(await observe(other, name)).toEqual(end)
    expect(await t.fixture.runs(name)).toBe(1)
  },
} satisfies Record<string, Case>

function newGroup(t: CaseContext, ownAddress = false): AttemptGroup {
  return { name: `group-${t.gate()}`, ownAddress }
}

function part(
  { fixture }: CaseContext,
  name: string,
  group: AttemptGroup,
  steps: readonly Step[],
  mounts: AttemptSpec['mounts'] = [],
): AttemptSpec {
  return { ...fixture.spec(name, steps), group, mounts }
}

function scratchAt(containerPath: string): AttemptSpec['mounts'] {
  return [{ kind: 'scratch', volume: 'v', containerPath, readOnly: false }]
}

function addressIn(observation: Awaited<ReturnType<typeof observe>> | undefined): string {
  const address = observation?.kind === 'running' ? observation.address : undefined
  expect(address).toMatch(/^(\d{1,3}\.){3}\d{1,3}$/)
  return address!
}

/** Finds a port that nobody listens on, for jobs that may share the test's network. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
