/**
 * Deliveries with a sink that the test controls: order, tries, restarts, and events that a sink
 * does not accept.
 */
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { noChanges, type Store } from '../../store/store.ts'
import { Delivery, type DeliveryOptions } from './delivery.ts'
import type { OutboxEvent } from './outbox-events.ts'
import type { Sink } from './sink.ts'

/** A send that has begun. The test decides how it ends. */
interface Begun {
  readonly names: string[]
  succeed(): void
  fail(): void
}

function fakeSink(more: Partial<Sink> = {}) {
  const begun: Begun[] = []
  const waiting: (() => void)[] = []
  const got: string[] = []
  let answering: 'by hand' | 'always' | 'never' = 'by hand'
  const sink: Sink = {
    name: 'fake',
    batchSize: 1,
    concurrency: 1,
    wants: () => true,
    send(events, signal) {
      const names = events.map(nameOf)
      return new Promise<void>((settle, reject) => {
        const resolve = () => {
          signal.removeEventListener('abort', fail)
          settle()
        }
        const succeed = () => {
          got.push(...names)
          resolve()
        }
        const fail = () => {
          signal.removeEventListener('abort', fail)
          reject(new Error('down'))
        }
        signal.addEventListener('abort', fail, { once: true })
        if (answering === 'always') return succeed()
        if (answering === 'never') return fail()
        begun.push({ names, succeed, fail })
        for (const wake of waiting.splice(0)) wake()
      })
    },
    ...more,
  }
  return {
    sink,
    got,
    /** Returns the next send, once it has begun. */
    async next(): Promise<Begun> {
      while (begun.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      return begun.shift()!
    },
    /** How many sends have begun and were not looked at. */
    begun: () => begun.length,
    answer(how: typeof answering) {
      answering = how
      for (const it of begun.splice(0)) how === 'always' ? it.succeed() : it.fail()
    },
  }
}

/** Returns `job event`: the tests' events hold nothing else. */
function nameOf({ body }: OutboxEvent): string {
  return `${body.resources[0]} ${body.detail.status}`
}

/** Puts events into the outbox: `a 1` is the first event of job a. */
function put(store: Store, ...names: string[]): void {
  store.append({
    ...noChanges(),
    outbox: names.map((name) => {
      const [job, status] = name.split(' ')
      return { body: JSON.stringify({ id: name, resources: [job], detail: { status } }) }
    }),
  })
}

function logged() {
  const lines: { level: number; msg: string }[] = []
  const log = pino(
    { level: 'info' },
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)))
        done()
      },
    }),
  )
  return { log, lines }
}

/** A clock that stands still: waits end when the test says so. */
function clockByHand() {
  const sleeping: { ms: number; wake: () => void }[] = []
  const later: { ms: number; wake: () => void }[] = []
  return {
    sleeping,
    wait: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve()
        sleeping.push({ ms, wake: resolve })
        signal?.addEventListener('abort', () => resolve(), { once: true })
      }),
    later: (ms: number, wake: () => void) => {
      const item = { ms, wake }
      later.push(item)
      return () => void later.splice(0, later.length, ...later.filter((it) => it !== item))
    },
    /** Ends every wait that is due within the time. */
    ring(withinMs = 1000) {
      const due = later.filter(({ ms }) => ms <= withinMs)
      later.splice(0, later.length, ...later.filter(({ ms }) => ms > withinMs))
      for (const { wake } of due) wake()
    },
    tryAgain() {
      for (const { wake } of sleeping.splice(0)) wake()
    },
  }
}

const open: Delivery[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((delivery) => delivery.close()))
})

function deliver(store: Store, sinks: readonly Sink[], more: Partial<DeliveryOptions> = {}) {
  const clock = clockByHand()
  const { log, lines } = logged()
  const { wait, later } = clock
  const delivery = new Delivery({
    outbox: store.outbox,
    sinks,
    maxKept: 100_000,
    log,
    wait,
    later,
    closingMs: 0,
    ...more,
  })
  open.push(delivery)
  delivery.wake()
  return { delivery, clock, lines }
}

/** Turns the event loop until the condition holds. */
async function until(so: () => boolean): Promise<void> {
  for (let turns = 0; !so(); turns++) {
    if (turns > 10_000) throw new Error('it never was')
    await new Promise(setImmediate)
  }
}
const turns = async () => {
  for (let n = 0; n < 20; n++) await new Promise(setImmediate)
}

describe('order', () => {
  test('with one send at a time all events keep their order, in batches of what is available', async () => {
    const store = createMemoryStore()
    const { sink, next, got } = fakeSink({ batchSize: 3 })
    const { delivery } = deliver(store, [sink])
    put(store, 'a 1', 'b 1', 'a 2', 'a 3', 'b 2')
    delivery.wake()
    const first = await next()
    expect(first.names).toEqual(['a 1', 'b 1', 'a 2'])
    put(store, 'c 1')
    delivery.wake()
    first.succeed()
    const second = await next()
    expect(second.names).toEqual(['a 3', 'b 2', 'c 1'])
    second.succeed()
    await until(() => delivery.figures()[0]!.waiting === 0)
    expect(got).toHaveLength(6)
    expect(delivery.figures()).toEqual([{ sink: 'fake', delivered: 6, failed: 0, dropped: 0, waiting: 0 }])
  })

  test('with several sends at a time no two events of one job are under way', async () => {
    const store = createMemoryStore()
    const { sink, next, begun } = fakeSink({ concurrency: 3 })
    const { delivery } = deliver(store, [sink])
    put(store, 'a 1', 'a 2', 'b 1', 'a 3', 'b 2')
    delivery.wake()
    const a1 = await next()
    const b1 = await next()
    await turns()
    expect([a1.names, b1.names, begun()]).toEqual([['a 1'], ['b 1'], 0])
    b1.succeed()
    expect((await next()).names).toEqual(['b 2'])
    await turns()
    expect(begun()).toBe(0)
    a1.succeed()
    expect((await next()).names).toEqual(['a 2'])
  })

  test('a failed event is tried again before later ones of its job, ever less often, while other jobs continue', async () => {
    const store = createMemoryStore()
    const { sink, next, got, begun } = fakeSink({ concurrency: 2 })
    const { delivery, clock, lines } = deliver(store, [sink])
    put(store, 'a 1', 'a 2', 'b 1', 'b 2')
    delivery.wake()
    let a1 = await next()
    ;(await next()).succeed()
    const waits: number[] = []
    for (let tries = 0; tries < 12; tries++) {
      a1.fail()
      await until(() => clock.sleeping.length > 0)
      waits.push(clock.sleeping[0]!.ms)
      if (tries === 0) (await next()).succeed()
      await turns()
      expect(begun()).toBe(0)
      clock.tryAgain()
      a1 = await next()
      expect(a1.names).toEqual(['a 1'])
    }
    expect(waits.slice(0, 4)).toEqual([200, 400, 800, 1600])
    expect(waits.at(-1)).toBe(30_000)
    expect(got).toEqual(['b 1', 'b 2'])
    expect(delivery.figures()).toMatchObject([{ delivered: 2, failed: 12, waiting: 4 }])
    a1.succeed()
    ;(await next()).succeed()
    await until(() => got.length === 4)
    expect(got).toEqual(['b 1', 'b 2', 'a 1', 'a 2'])
    // Logged when the trouble begins, from time to time, and when it is over.
    expect(lines.map(({ msg }) => msg)).toEqual([
      'events do not reach fake; trying again',
      'events do not reach fake; trying again',
      'events reach fake again',
    ])
  })

  test('a sink that is down holds up no other', async () => {
    const store = createMemoryStore()
    const down = fakeSink({ name: 'down' })
    const up = fakeSink({ name: 'up' })
    down.answer('never')
    up.answer('always')
    const { delivery } = deliver(store, [down.sink, up.sink])
    const names = Array.from({ length: limits.eventsReadAhead * 3 }, (_, n) => `a ${n}`)
    put(store, ...names)
    delivery.wake()
    await until(() => up.got.length === names.length)
    expect(up.got).toEqual(names)
    expect(delivery.figures()).toMatchObject([
      { sink: 'down', delivered: 0, waiting: names.length },
      { sink: 'up', delivered: names.length, waiting: 0 },
    ])
  })
})

test('events that a sink does not want are skipped, however many there are', async () => {
  const store = createMemoryStore()
  const { sink, got, answer } = fakeSink({ wants: ({ body }) => nameOf({ body } as OutboxEvent) === 'a yes' })
  answer('always')
  const { delivery } = deliver(store, [sink])
  put(store, ...Array.from({ length: 1000 }, () => 'a no'), 'a yes', 'a no')
  delivery.wake()
  await until(() => delivery.figures()[0]!.waiting === 0)
  expect(got).toEqual(['a yes'])
  expect(delivery.figures()).toMatchObject([{ delivered: 1 }])
})

describe('a restart', () => {
  test('continues where each sink was, and deletes what all sinks have', async () => {
    const store = createMemoryStore()
    const first = fakeSink({ name: 'first' })
    const second = fakeSink({ name: 'second' })
    const before = deliver(store, [first.sink, second.sink])
    put(store, 'a 1', 'a 2', 'a 3')
    before.delivery.wake()
    ;(await first.next()).succeed()
    ;(await first.next()).succeed()
    ;(await second.next()).succeed()
    await first.next()
    await second.next()
    await before.delivery.close()
    expect(store.outbox.positions()).toEqual(
      new Map([
        ['first', 2],
        ['second', 1],
      ]),
    )
    expect(store.outbox.read(0, 9).map(({ firstSeq }) => firstSeq)).toEqual([2, 3])
    deliver(store, [first.sink, second.sink])
    expect((await first.next()).names).toEqual(['a 3'])
    expect((await second.next()).names).toEqual(['a 2'])
  })

  test('after a crash sends unrecorded events again, and skips none', async () => {
    const store = createMemoryStore()
    const { sink, next } = fakeSink()
    const { delivery, clock } = deliver(store, [sink])
    put(store, 'a 1', 'a 2', 'a 3')
    delivery.wake()
    ;(await next()).succeed()
    const a2 = await next()
    clock.ring()
    a2.succeed()
    await next()
    // There is no `close`: another delivery begins on what the store holds.
    const again = fakeSink()
    deliver(store, [again.sink])
    expect((await again.next()).names).toEqual(['a 2'])
  })

  test('with a new sink gives it only later events, even after a crash', async () => {
    const store = createMemoryStore()
    deliver(store, [fakeSink({ name: 'old' }).sink])
    put(store, 'a 1')
    const sinks = [fakeSink({ name: 'old' }), fakeSink({ name: 'new' })]
    deliver(
      store,
      sinks.map(({ sink }) => sink),
    )
    put(store, 'a 2')
    const again = fakeSink({ name: 'new' })
    deliver(store, [sinks[0]!.sink, again.sink])
    expect((await again.next()).names).toEqual(['a 2'])
  })

  test('without a sink drops the events that waited for it, and says so', async () => {
    const store = createMemoryStore()
    const before = deliver(store, [fakeSink({ name: 'gone' }).sink])
    put(store, ...Array.from({ length: limits.eventsDeletedAtOnce + 5 }, (_, n) => `a ${n}`))
    await before.delivery.close()
    const { lines, clock } = deliver(store, [])
    expect(lines).toMatchObject([{ level: 40, events: limits.eventsDeletedAtOnce + 5, sink: 'gone' }])
    clock.ring()
    expect([store.outbox.read(0, 9), store.outbox.positions()]).toEqual([[], new Map()])
  })
})

describe('a sink that does not accept its events', () => {
  test('loses the oldest when more than the limit wait, with an error, and continues with the rest in order', async () => {
    const store = createMemoryStore()
    const dead = fakeSink({ name: 'dead', concurrency: 2 })
    const live = fakeSink({ name: 'live' })
    live.answer('always')
    const { delivery, clock, lines } = deliver(store, [dead.sink, live.sink], { maxKept: 10 })
    put(store, ...Array.from({ length: 12 }, (_, n) => `job${n % 3} ${n}`))
    delivery.wake()
    const [first, second] = [await dead.next(), await dead.next()]
    first.fail()
    await until(() => clock.sleeping.length === 1)
    put(store, 'z 12', 'z 13')
    delivery.wake()
    await until(() => live.got.length === 14)
    clock.ring()
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([{ sink: 'dead', events: 4, maxKept: 10 }])
    expect(delivery.figures()).toMatchObject([
      { sink: 'dead', dropped: 4, waiting: 10 },
      { sink: 'live', dropped: 0, waiting: 0 },
    ])
    expect(store.outbox.read(0, 99).map(({ firstSeq }) => firstSeq)[0]).toBe(5)
    // The first event was dropped while it waited for its next try. The second is under way, so its
    // job waits.
    second.succeed()
    dead.answer('always')
    await until(() => delivery.figures()[0]!.waiting === 0)
    expect(dead.got[0]).toBe('job1 1')
    for (const job of ['job0', 'job1', 'job2', 'z']) {
      const numbers = dead.got.filter((name) => name.startsWith(`${job} `)).map((name) => Number(name.split(' ')[1]))
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }
    expect(dead.got.slice(1).sort()).toEqual(live.got.slice(4).sort())
  })

  test('is logged at most once a minute, with the total', async () => {
    const store = createMemoryStore()
    const dead = fakeSink({ name: 'dead' })
    const { delivery, clock, lines } = deliver(store, [dead.sink], { maxKept: 1 })
    for (let n = 0; n < 5; n++) {
      put(store, `a ${n}`)
      delivery.wake()
      await turns()
      clock.ring()
      await turns()
    }
    const errors = () => lines.filter(({ level }) => level === 50)
    expect(errors()).toMatchObject([{ events: 1 }])
    clock.ring(60_000)
    expect(errors()).toMatchObject([{ events: 1 }, { events: 3 }])
    expect(delivery.figures()).toMatchObject([{ dropped: 4 }])
    clock.ring(60_000)
    expect(errors()).toHaveLength(2)
  })
})

test('a store that cannot be written is logged once, and the positions are written later', async () => {
  const store = createMemoryStore()
  const { sink, got, answer } = fakeSink()
  answer('always')
  const { delivery, clock, lines } = deliver(store, [sink])
  put(store, 'a 1', 'a 2')
  delivery.wake()
  await until(() => got.length === 2)
  store.failing = 'full'
  for (let n = 0; n < 3; n++) clock.ring()
  expect(lines.filter(({ level }) => level === 40)).toHaveLength(1)
  expect(store.outbox.positions()).toEqual(new Map([['fake', 0]]))
  store.failing = undefined
  clock.ring()
  expect(store.outbox.positions()).toEqual(new Map([['fake', 2]]))
  expect(store.outbox.read(0, 9)).toEqual([])
})

test('a stop waits for what is under way, begins nothing, and writes the positions down', async () => {
  const store = createMemoryStore()
  const { sink, next, begun } = fakeSink()
  const { delivery } = deliver(store, [sink], { closingMs: 60_000 })
  put(store, 'a 1', 'a 2')
  delivery.wake()
  const a1 = await next()
  const closed = delivery.close()
  await turns()
  a1.succeed()
  await closed
  expect(begun()).toBe(0)
  expect(store.outbox.positions()).toEqual(new Map([['fake', 1]]))
})
