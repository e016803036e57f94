import { expect } from 'vitest'
import { bytesOf, type Case, drain, longestMessage, messages, observe, readUntil } from './fixture.contract.ts'

/** What `streamLogs` yields: everything, in order, once, and the end only after that. */
export const outputCases = {
  'output: is complete and in order, without empty lines, even if the last newline is missing': async (t) => {
    const name = t.name()
    const tail = [...Buffer.from('\n\n \nno newline')]
    await t.driver.start(t.fixture.spec(name, [{ print: 'line', times: 2000 }, { printBytes: tail }]))
    const lines = Array.from({ length: 2000 }, (_, index) => `line ${index + 1}`)
    expect(await messages(t.driver, name)).toEqual([...lines, ' ', 'no newline'])
  },

  'output: may be empty': async (t) => {
    const name = t.name()
    await t.driver.start(t.fixture.spec(name, []))
    expect(await drain(t.driver, name)).toEqual([])
    expect((await observe(t.driver, name)).kind).toBe('exited')
  },

  'output: keeps stdout and stderr each in order': async (t) => {
    const name = t.name()
    await t.driver.start(
      t.fixture.spec(name, [{ print: 'out 1' }, { printError: 'err 1' }, { print: 'out 2' }, { printError: 'err 2' }]),
    )
    const all = await messages(t.driver, name)
    expect(all).toHaveLength(4)
    expect(all.filter((line) => line.startsWith('out'))).toEqual(['out 1', 'out 2'])
    expect(all.filter((line) => line.startsWith('err'))).toEqual(['err 1', 'err 2'])
  },

  'output: cuts long lines into pieces, never inside a character': async (t) => {
    const name = t.name()
    const bytes = 700_002
    // Each character has three bytes, which divides no power of two, so a cut by bytes alone would
    // split one.
    const long = { longLine: { text: '世', bytes } }
    await t.driver.start(t.fixture.spec(name, [{ print: 'before' }, long, { print: 'after' }]))
    const all = await messages(t.driver, name)
    expect(all[0]).toBe('before')
    expect(all.at(-1)).toBe('after')
    const pieces = all.slice(1, -1)
    expect(pieces.length).toBeGreaterThan(2)
    for (const piece of pieces) expect(bytesOf(piece)).toBeLessThanOrEqual(longestMessage)
    expect(pieces.join('') === '世'.repeat(bytes / 3)).toBe(true)
  },

  'output: replaces bytes that are not UTF-8, and keeps the line': async (t) => {
    const name = t.name()
    await t.driver.start(t.fixture.spec(name, [{ printBytes: [0x61, 0xff, 0xfe, 0x62, 0x0a, 0xc3, 0x0a] }]))
    const all = await messages(t.driver, name)
    expect(all).toHaveLength(2)
    expect(all[0]).toMatch(/^a\uFFFD+b$/)
    expect(all[1]).toMatch(/^\uFFFD+$/)
  },

  'output: arrives while the attempt runs': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ print: 'before' }, { waitFor: gate }, { print: 'after' }]))
    await readUntil(t.driver, name, 'before')
    expect((await observe(t.driver, name)).kind).toBe('running')
    await t.fixture.openGate(gate)
    expect(await messages(t.driver, name)).toEqual(['before', 'after'])
  },

  'output: resumes after every entry without gap or repeat, even from a new driver object': async (t) => {
    const name = t.name()
    const long = { longLine: { text: '世', bytes: 600_000 } }
    await t.driver.start(
      t.fixture.spec(name, [
        { print: 'a', times: 5 },
        { printBytes: [0x0a, 0x0a] },
        { printError: 'err' },
        long,
        { print: 'same', times: 3 },
        { printBytes: [0xff, 0x0a, 0x78] },
      ]),
    )
    const all = await drain(t.driver, name)
    for (const entry of all) expect(entry.cursor).toMatch(/^[\x20-\x7e]{1,64}$/)
    const fromEach = async (driver: typeof t.driver) => {
      for (const [index, entry] of all.entries()) {
        const rest = await drain(driver, name, entry.cursor)
        expect(rest.map((one) => one.message)).toEqual(all.slice(index + 1).map((one) => one.message))
      }
    }
    await fromEach(t.driver)
    await t.driver.close()
    await fromEach(await t.reopen())
  },

  'output: resumes a running attempt where reading stopped': async (t) => {
    const [name, first, second] = [t.name(), t.gate(), t.gate()]
    await t.driver.start(
      t.fixture.spec(name, [
        { print: 'a', times: 3 },
        { waitFor: first },
        { print: 'b', times: 3 },
        { waitFor: second },
        { print: 'c', times: 3 },
      ]),
    )
    const read = await readUntil(t.driver, name, 'a 2')
    await t.fixture.openGate(first)
    read.push(...(await readUntil(t.driver, name, 'b 1', read.at(-1)!.cursor)))
    await t.driver.close()
    await t.fixture.openGate(second)
    read.push(...(await drain(await t.reopen(), name, read.at(-1)!.cursor)))
    const expected = ['a', 'b', 'c'].flatMap((letter) => [1, 2, 3].map((index) => `${letter} ${index}`))
    expect(read.map((entry) => entry.message)).toEqual(expected)
  },

  'output: times never decrease, even when reading resumes': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    const before = Date.now()
    await t.driver.start(t.fixture.spec(name, [{ print: 'a', times: 5 }, { waitFor: gate }, { print: 'b', times: 5 }]))
    const read = await readUntil(t.driver, name, 'a 3')
    await t.driver.close()
    await t.fixture.openGate(gate)
    read.push(...(await drain(await t.reopen(), name, read.at(-1)!.cursor)))
    const times = read.map((entry) => entry.atMs)
    expect(times).toEqual([...times].sort((one, other) => one - other))
    expect(times[0]).toBeGreaterThanOrEqual(before - 1000)
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now() + 1000)
  },

  'output: ends at once for an absent name': async (t) => {
    expect(await drain(t.driver, t.name())).toEqual([])
    expect(await drain(t.driver, t.name(), 'a cursor of long ago')).toEqual([])
  },

  'output: an aborted signal ends the reading without an error': async (t) => {
    const [name, gate] = [t.name(), t.gate()]
    await t.driver.start(t.fixture.spec(name, [{ print: 'ready' }, { waitFor: gate }]))
    const abort = new AbortController()
    for await (const batch of t.driver.streamLogs(name, undefined, abort.signal)) {
      expect(batch.length).toBeGreaterThan(0)
      abort.abort()
    }
    for await (const _ of t.driver.streamLogs(name, undefined, AbortSignal.abort())) throw new Error('gave a batch')
    expect((await observe(t.driver, name)).kind).toBe('running')
    await t.fixture.openGate(gate)
    expect(await messages(t.driver, name)).toEqual(['ready'])
  },

  'output: a job that damages the files around it harms nobody else': async (t) => {
    const [ends, waits, gate, next] = [t.name(), t.name(), t.gate(), t.name()]
    await t.driver.start(t.fixture.spec(ends, [{ print: 'before' }, { spoilFiles: true }, { print: 'after' }]))
    // Before the next one starts: files that are replaced during a start can hold it.
    await drain(t.driver, ends)
    await t.driver.start(t.fixture.spec(waits, [{ spoilFiles: true }, { waitFor: gate }]))
    // An attempt whose log is not whole did not end well.
    const end = await observe(t.driver, ends)
    if (end.kind !== 'exited' || end.exitCode === 0) expect(await messages(t.driver, ends)).toEqual(['before', 'after'])
    await t.driver.stop(waits, 0)
    await drain(t.driver, waits)
    const other = await t.reopen()
    for (const driver of [t.driver, other]) expect((await observe(driver, waits)).kind).toBe('exited')
    for (const name of [ends, waits]) await t.driver.remove(name)
    await t.driver.start(t.fixture.spec(next, [{ print: 'whole' }, { exit: 3 }]))
    expect(await messages(t.driver, next)).toEqual(['whole'])
    expect(await observe(other, next)).toMatchObject({ kind: 'exited', exitCode: 3 })
  },

  'output: a slow reader holds up neither the attempt nor another reader': async (t) => {
    const name = t.name()
    await t.driver.start(t.fixture.spec(name, [{ longLine: { text: 'x', bytes: 4_000_000 } }, { print: 'end' }]))
    const slow = t.driver.streamLogs(name, undefined, new AbortController().signal)[Symbol.asyncIterator]()
    const first = await slow.next()
    const all = await messages(t.driver, name)
    expect(all.at(-1)).toBe('end')
    expect((await observe(t.driver, name)).kind).toBe('exited')
    const read = first.done ? [] : [...first.value]
    for (let next = await slow.next(); !next.done; next = await slow.next()) read.push(...next.value)
    expect(read.map((entry) => entry.message).join('') === all.join('')).toBe(true)
  },
} satisfies Record<string, Case>
