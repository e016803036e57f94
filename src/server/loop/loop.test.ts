/**
 * The loop: one durable transaction for each turn, no answer before it is durable, and what a full
 * disk does and does not do.
 */
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../core/decision.ts'
import type { Event } from '../../core/events.ts'
import { brokenInvariants } from '../../core/invariants.ts'
import { attemptEnded } from '../../core/job/attempt.ts'
import { cancelJob } from '../../core/job/cancel.ts'
import { submitJob } from '../../core/job/submit.ts'
import { makeRandomWorld } from '../../core/random-beginning.testing.ts'
import { type Living, step, take } from '../../core/random-world.testing.ts'
import type { Effect } from '../../core/react.ts'
import { tagResource } from '../../core/tag/decide.ts'
import { account, exited, makeWorld, startMs, type World } from '../../core/world.testing.ts'
import type { Job } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal } from '../../model/refusal.ts'
import { createMemoryStore, type MemoryStore } from '../../store/memory/memory-store.testing.ts'
import { type Changes, StoreFailure } from '../../store/store.ts'
import { TurnChanges } from './changes.ts'
import { Loop } from './loop.ts'
import { expectSameAfterRestart } from './world.testing.ts'

/**
 * Makes a store that holds what `makeWorld` makes, and a loop on it that has seen the same hosts.
 */
async function makeLoop(
  make: (onEvents: (events: readonly Event[], state: World['state']) => void) => World = makeWorld,
) {
  const store = createMemoryStore()
  const world = make((events, state) => store.append(new TurnChanges(state, events).withCalls([], 0)))
  const appended: Changes[] = []
  const append = store.append
  const told: string[] = []
  store.append = function (changes) {
    append.call(this, changes)
    appended.push(changes)
    told.push('append')
  }
  const under = { ...open(store, world.newId), store, appended, told }
  for (const { name, hosts } of world.state.drivers.values())
    await under.loop.execute(() => ({
      kind: 'accepted',
      answer: undefined,
      events: [{ type: 'driverSeen', driver: name, health: { kind: 'healthy' }, hosts }],
    }))
  return under
}

function open(store: MemoryStore, newId: () => string) {
  const effects: Effect[] = []
  const events: Event[] = []
  const broken: unknown[] = []
  const waiting: (() => void)[] = []
  const clock = { now: startMs }
  const loop = new Loop({
    store,
    account,
    defaultDriver: 'scripted',
    given: { now: () => clock.now, newId },
    log: pino({ level: 'silent' }),
    failpoint: () => {},
    carryOut: (effect) => effects.push(effect),
    onEvents: (some) => events.push(...some),
    onBroken: (error) => broken.push(error),
    later: (_ms, wake) => {
      waiting.push(wake)
      return () => waiting.splice(0)
    },
  })
  /** Fires whatever the loop had scheduled for later. */
  const ring = async () => {
    for (const wake of waiting.splice(0)) wake()
    await loop.idle()
  }
  return { loop, effects, events, broken, waiting, clock, ring }
}

const submission = (more = {}) => submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...more }, 'ada')
const jobIdOf = (answer: unknown) => (answer as { jobId: string }).jobId

describe('a turn', () => {
  test('is one transaction for all commands that arrive together', async () => {
    const { loop, appended } = await makeLoop()
    const answers = await Promise.all(Array.from({ length: 100 }, () => loop.execute(submission())))
    expect(appended).toHaveLength(1)
    expect(appended[0]!.newJobs.map(({ jobId }) => jobId)).toEqual(answers.map(jobIdOf))
  })

  test('has a limited number of commands', async () => {
    const { loop, appended } = await makeLoop()
    await Promise.all(Array.from({ length: 1025 }, () => loop.execute(submission())))
    expect(appended.map(({ newJobs }) => newJobs.length)).toEqual([512, 512, 1])
  })

  test('gives answers and carries out effects only when everything is durable', async () => {
    const { loop, told, effects, appended } = await makeLoop()
    const push = effects.push.bind(effects)
    effects.push = (...some) => {
      told.push(...some.map(({ type }) => type))
      return push(...some)
    }
    void loop.execute(submission()).then(() => told.push('answer'))
    await loop.idle()
    expect(told).toEqual(['append', 'superviseAttempt', 'answer'])
    expect(appended[0]!.newJobs[0]!.state.status).toBe('STARTING')
  })

  test('lets each command see the earlier ones', async () => {
    const { loop, appended } = await makeLoop()
    const [submitted, cancelled, tagged] = await Promise.all([
      loop.execute(submission()),
      // Finished, and not yet forgotten: the job can still be described, tagged, and stopped in
      // vain.
      loop.execute((state, given) => cancelJob({ jobId: [...state.jobs.keys()].at(-1)!, reason: 'r' })(state, given)),
      loop.execute((state, given) => {
        const jobArn = `arn:aws:batch:us-west-2:123456789012:job/${[...state.jobs.keys()].at(-1)!}`
        return tagResource(jobArn, { k: 'v' }, () => undefined)(state, given)
      }),
    ])
    expect([cancelled, tagged]).toEqual([undefined, undefined])
    expect(loop.state.jobs.has(jobIdOf(submitted))).toBe(false)
    expect(appended[0]!.newJobs).toMatchObject([{ isCancelled: true, tags: { k: 'v' }, state: { status: 'FAILED' } }])
  })

  test('writes nothing when nothing changes', async () => {
    const { loop, appended } = await makeLoop()
    await loop.execute(cancelJob({ jobId: 'unknown', reason: 'r' }))
    await loop.execute(attemptEnded({ jobId: 'unknown', attempt: 1, outcome: exited(0) }))
    expect(appended).toEqual([])
  })
})

describe('a store that fails', () => {
  test('refuses the commands, leaves memory as it was, and carries out nothing', async () => {
    const { loop, store, effects, events, broken } = await makeLoop()
    const kept = jobIdOf(await loop.execute(submission()))
    effects.length = events.length = 0
    store.failing = 'database or disk is full'
    const refused = await Promise.all([
      loop.execute(submission()),
      loop.execute(attemptEnded({ jobId: kept, attempt: 1, outcome: exited(0) })),
    ])
    for (const refusal of refused)
      expect(refusal).toMatchObject({
        kind: 'refusal',
        code: 'ServerException',
        httpStatus: 500,
        message: 'The request was not carried out: database or disk is full',
      })
    expect(loop.storeTrouble).toBe('database or disk is full')
    expect([...loop.state.jobs.values()].map(({ jobId, state }) => [jobId, state.status])).toEqual([[kept, 'STARTING']])
    expect(loop.state.drivers.get('scripted')).toMatchObject({
      health: { kind: 'healthy' },
      hosts: [{ hostName: 'h1' }],
    })
    expect(brokenInvariants(loop.state)).toEqual([])
    expect([effects, events, broken]).toEqual([[], [], []])
  })

  test('and cannot be read back does not end the server: everything is refused until memory matches the store', async () => {
    const { loop, store, effects, broken, ring } = await makeLoop()
    const kept = jobIdOf(await loop.execute(submission()))
    effects.length = 0
    store.failing = 'disk I/O error'
    store.unreadable = 'disk I/O error, too'
    expect(await loop.execute(submission())).toMatchObject({ kind: 'refusal', code: 'ServerException' })
    expect(loop.memoryTrouble).toBe('disk I/O error')
    // Even a command without a write is not decided on memory that is wrong.
    expect(await loop.execute(cancelJob({ jobId: 'unknown', reason: 'r' }))).toMatchObject({
      code: 'ServerException',
      message: 'The request was not carried out: disk I/O error, too',
    })
    await ring()
    store.failing = undefined
    await ring()
    expect(loop.memoryTrouble).toBe('disk I/O error, too')
    store.unreadable = undefined
    await ring()
    expect([loop.memoryTrouble, loop.storeTrouble]).toEqual([undefined, undefined])
    expect([...loop.state.jobs.keys()]).toEqual([kept])
    expect(brokenInvariants(loop.state)).toEqual([])
    expect([effects, broken]).toEqual([[], []])
    expect(isRefusal(await loop.execute(submission()))).toBe(false)
  })

  test('and kept a write that it reported as failed: the consequences follow when it is read again', async () => {
    const { loop, store, effects } = await makeLoop()
    const append = store.append
    store.append = function (changes) {
      append.call(this, changes)
      throw new StoreFailure('fsync failed', { isUnsure: true })
    }
    expect(isRefusal(await loop.execute(submission()))).toBe(true)
    store.append = append
    const [job] = [...loop.state.jobs.values()]
    expect(job!.state.status).toBe('STARTING')
    expect(effects).toEqual([{ type: 'superviseAttempt', jobId: job!.jobId }])
    expect(brokenInvariants(loop.state)).toEqual([])
  })

  test('recovers by itself: waiting jobs are placed although nobody asks', async () => {
    const { loop, store, ring, waiting, effects } = await makeLoop()
    // The driver is not known yet in this run, so the job waits.
    const away =
      (health: { kind: 'healthy' } | { kind: 'unreachable'; why: string }): Command =>
      () => ({
        kind: 'accepted',
        answer: undefined,
        events: [{ type: 'driverSeen', driver: 'scripted', health }],
      })
    await loop.execute(away({ kind: 'unreachable', why: 'away' }))
    const jobId = jobIdOf(await loop.execute(submission()))
    store.failing = 'full'
    await loop.execute(away({ kind: 'healthy' }))
    expect(loop.state.jobs.get(jobId)!.state.status).toBe('RUNNABLE')
    await ring()
    expect(loop.storeTrouble).toBe('full')
    store.failing = undefined
    await ring()
    expect(loop.storeTrouble).toBeUndefined()
    expect(loop.state.jobs.get(jobId)!.state.status).toBe('STARTING')
    expect(effects).toMatchObject([{ type: 'superviseAttempt', jobId }])
    expect(waiting).toEqual([])
  })

  test('is retried by one clock, however often it fails, and by none after the end', async () => {
    const { loop, store, ring, waiting } = await makeLoop()
    store.failing = 'full'
    for (let times = 0; times < 5; times++) await loop.execute(submission())
    expect(waiting).toHaveLength(1)
    await ring()
    expect(waiting).toHaveLength(1)
    await loop.close()
    expect(waiting).toEqual([])
    expect(await loop.execute(submission())).toMatchObject({
      code: 'ServerException',
      message: 'The server is stopping.',
    })
  })
})

describe('a repeated call', () => {
  test.each(['in the same turn', 'in a later turn', 'after a restart'])(
    '%s gets the first answer again',
    async (when) => {
      const { loop, store, clock } = await makeLoop()
      const once = loop.execute(submission(), 'key')
      if (when !== 'in the same turn') await once
      if (when !== 'in the same turn') clock.now += limits.repeatedCallMs
      const again = when === 'after a restart' ? open(store, () => 'another id') : { loop, clock }
      again.clock.now = clock.now
      expect(await again.loop.execute(submission(), 'key')).toEqual(await once)
      expect(again.loop.state.jobs.size).toBe(1)
    },
  )

  test('with a difference, or a day later, is another call', async () => {
    const { loop, clock } = await makeLoop()
    await loop.execute(submission(), 'key')
    await loop.execute(submission(), 'other body')
    clock.now += limits.repeatedCallMs + 1
    await loop.execute(submission(), 'key')
    expect(loop.state.jobs.size).toBe(3)
  })

  test('after a refusal is decided anew, because the reason may be gone', async () => {
    const { loop, store } = await makeLoop()
    expect(isRefusal(await loop.execute(submission({ jobQueue: 'none' }), 'key'))).toBe(true)
    store.failing = 'full'
    expect(isRefusal(await loop.execute(submission(), 'key'))).toBe(true)
    store.failing = undefined
    expect(isRefusal(await loop.execute(submission(), 'key'))).toBe(false)
    expect(loop.state.jobs.size).toBe(1)
  })
})

test('an impossible transition stops the loop: nothing is written, and every caller gets an error', async () => {
  const { loop, appended, broken, effects } = await makeLoop()
  const impossible: Command = () => ({
    kind: 'accepted',
    answer: undefined,
    events: [{ type: 'jobMadeRunnable', jobId: 'none', atMs: 1 }],
  })
  const results = await Promise.all([loop.execute(submission()), loop.execute(impossible), loop.execute(submission())])
  results.push(await loop.execute(submission()))
  for (const result of results) expect(result).toMatchObject({ code: 'ServerException', httpStatus: 500 })
  expect(broken).toMatchObject([{ name: 'ImpossibleTransition' }])
  expect([appended, effects]).toEqual([[], []])
})

test('too many commands at once are refused with 429', async () => {
  const { loop, appended } = await makeLoop()
  const idle = cancelJob({ jobId: 'unknown', reason: 'r' })
  const results = Array.from({ length: limits.queuedCommands + 1 }, () => loop.execute(idle))
  expect(await results.at(-1)).toMatchObject({ code: 'TooManyRequestsException', httpStatus: 429 })
  expect(await results[0]).toBeUndefined()
  await Promise.all(results)
  expect(appended).toEqual([])
})

test('random lives, in turns of several commands on a store that fails now and then, hold the invariants and lose nothing', async () => {
  const turns = fc.array(fc.record({ steps: fc.array(step, { maxLength: 6 }), fails: fc.nat(4) }), {
    maxLength: 20,
  })
  await fc.assert(
    fc.asyncProperty(turns, async (plan) => {
      const { loop, store, broken, events, ring } = await makeLoop(makeRandomWorld)
      const finished = new Map<string, Job>()
      for (const { steps, fails } of plan) {
        store.failing = fails === 0 ? 'full' : undefined
        const before = [...loop.state.jobs.keys()]
        const results: Promise<unknown>[] = []
        const living: Living = {
          get state() {
            return loop.state
          },
          now: startMs,
          finished,
          try: (command) => void results.push(loop.execute(command)),
        }
        for (const one of steps) take(living, one)
        await Promise.all(results)
        await loop.idle()
        for (const event of events.splice(0))
          if (event.type === 'jobFinished' || (event.type === 'attemptEnded' && event.next.status !== 'RUNNABLE'))
            for (const [jobId, job] of store.getJobs([event.jobId])) finished.set(jobId, job)
        expect(broken).toEqual([])
        expect(brokenInvariants(loop.state)).toEqual([])
        expectSameAfterRestart(loop.state, store)
        if (store.failing) expect([...loop.state.jobs.keys()].sort()).toEqual(before.sort())
      }
      store.failing = undefined
      await ring()
      expect(loop.storeTrouble).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})
