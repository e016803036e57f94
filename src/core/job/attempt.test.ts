/**
 * How attempts end and what follows: retries, evaluateOnExit, timeouts, array parents, and AWS's
 * literal status reasons.
 */
import { describe, expect, test } from 'vitest'
import type { EvaluateOnExit } from '../../model/generated/batch.ts'
import { liveAttempt } from '../../model/job.ts'
import { rulesOfAws } from '../state/state.ts'
import { childCounts, exited, makeWorld, place, story, submit, type World } from '../world.testing.ts'
import { type AttemptOutcome, attemptEnded, attemptStarted, attemptTimedOut } from './attempt.ts'
import { terminateJob } from './cancel.ts'
import { placeJobs } from './place.ts'

/** Ends the job's live attempt, which has run unless `neverRan`. */
function endNext(world: World, jobId: string, outcome: AttemptOutcome, neverRan = false): void {
  place(world)
  const attempt = world.job(jobId).attempts.length + 1
  if (!neverRan) world.do(attemptStarted({ jobId, attempt, startedAtMs: world.now }))
  world.do(attemptEnded({ jobId, attempt, outcome }))
  world.lookAway()
}

const oom: AttemptOutcome = { kind: 'exited', exitCode: 137, outOfMemory: true, stoppedAtMs: 0 }
const notPulled: AttemptOutcome = { kind: 'failedToStart', reason: 'CannotPullContainerError: no such image' }

describe('what an attempt shows, literally', () => {
  const rows: [AttemptOutcome, neverRan: boolean, Record<string, unknown>][] = [
    [exited(0), false, { status: 'SUCCEEDED', statusReason: 'Essential container in task exited' }],
    [exited(7), false, { status: 'FAILED', statusReason: 'Essential container in task exited' }],
    [oom, false, { status: 'FAILED', statusReason: 'Essential container in task exited' }],
    [notPulled, true, { status: 'FAILED', statusReason: 'Task failed to start' }],
    [
      exited(127, { reason: 'CannotStartContainerError: not found' }),
      true,
      { status: 'FAILED', statusReason: 'Task failed to start' },
    ],
    [exited(0), true, { status: 'SUCCEEDED', statusReason: 'Essential container in task exited' }],
    [
      { kind: 'lost' },
      false,
      { status: 'FAILED', statusReason: 'Host EC2 (instance i-000000000000000h1) terminated.' },
    ],
  ]
  test.each(rows)('%j (never ran: %s)', (outcome, neverRan, state) => {
    const world = makeWorld()
    const jobId = submit(world)
    endNext(world, jobId, outcome, neverRan)
    expect(world.job(jobId).state).toMatchObject(state)
    expect(world.job(jobId).attempts[0]).toMatchObject({ number: 1, statusReason: state.statusReason })
  })

  test('out of memory, and a long container reason', () => {
    const world = makeWorld()
    const [hungry, chatty] = [submit(world), submit(world)]
    endNext(world, hungry, oom)
    endNext(world, chatty, exited(1, { reason: 'x'.repeat(300) }))
    expect(world.job(hungry).attempts[0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    })
    expect(world.job(chatty).attempts[0]!.reason).toBe('x'.repeat(255))
  })

  test('an attempt that never ran has neither start time nor log', () => {
    const world = makeWorld()
    const jobId = submit(world)
    endNext(world, jobId, notPulled, true)
    expect(world.job(jobId).attempts[0]).not.toHaveProperty('startedAtMs')
    expect(world.job(jobId).attempts[0]).not.toHaveProperty('logStreamName')
    expect(world.job(jobId).state).not.toHaveProperty('startedAtMs')
  })

  test('an engine clock behind ours does not end an attempt before it started', () => {
    const world = makeWorld()
    const jobId = submit(world)
    endNext(world, jobId, { kind: 'exited', exitCode: 0, outOfMemory: false, stoppedAtMs: 5 })
    const { startedAtMs, stoppedAtMs } = world.job(jobId).attempts[0]!
    expect(stoppedAtMs).toBe(startedAtMs)
  })
})

describe('retries', () => {
  story('attempts counts the first one too; the newest start is the job’s', (world) => {
    const jobId = submit(world, { retryStrategy: { attempts: 3 } })
    endNext(world, jobId, exited(1))
    expect(world.job(jobId).state.status).toBe('RUNNABLE')
    endNext(world, jobId, { kind: 'lost' })
    endNext(world, jobId, exited(2))
    const job = world.job(jobId)
    expect(job.state).toMatchObject({ status: 'FAILED', startedAtMs: job.attempts[2]!.startedAtMs })
    expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([1, undefined, 2])
    expect(new Set(job.attempts.map(({ taskId }) => taskId)).size).toBe(3)
  })

  story('an attempt that did not start counts', (world) => {
    const jobId = submit(world, { retryStrategy: { attempts: 2 } })
    endNext(world, jobId, notPulled, true)
    endNext(world, jobId, notPulled, true)
    expect(world.job(jobId).attempts).toHaveLength(2)
    expect(world.job(jobId).state.status).toBe('FAILED')
  })

  const rows: [EvaluateOnExit[], AttemptOutcome, 'RUNNABLE' | 'FAILED'][] = [
    [[{ action: 'EXIT', onExitCode: '1' }], exited(1), 'FAILED'],
    [[{ action: 'EXIT', onExitCode: '1' }], exited(2), 'RUNNABLE'],
    [
      [
        { action: 'RETRY', onStatusReason: 'Host EC2*' },
        { action: 'EXIT', onReason: '*' },
      ],
      { kind: 'lost' },
      'RUNNABLE',
    ],
    [
      [
        { action: 'RETRY', onStatusReason: 'Host EC2*' },
        { action: 'EXIT', onReason: '*' },
      ],
      exited(1),
      'FAILED',
    ],
    [[{ action: 'EXIT', onReason: 'OutOfMemoryError:*' }], oom, 'FAILED'],
    [
      [
        { action: 'RETRY', onReason: 'CannotPullContainerError*' },
        { action: 'EXIT', onReason: '*' },
      ],
      notPulled,
      'RUNNABLE',
    ],
    [[{ action: 'EXIT', onExitCode: '1*', onReason: 'OutOfMemoryError*' }], exited(137), 'RUNNABLE'],
  ]
  test.each(rows)('evaluateOnExit %j, %j → %s', (evaluateOnExit, outcome, then) => {
    const world = makeWorld()
    const jobId = submit(world, { retryStrategy: { attempts: 2, evaluateOnExit } })
    endNext(world, jobId, outcome, outcome.kind === 'failedToStart')
    expect(world.job(jobId).state.status).toBe(then)
  })

  story('a job that was tried goes before those that never ran', (world) => {
    const first = submit(world, { vcpus: 4, retryStrategy: { attempts: 2 } })
    const second = submit(world, { vcpus: 4 })
    endNext(world, first, exited(1))
    place(world)
    expect([first, second].map((id) => world.job(id).state.status)).toEqual(['STARTING', 'RUNNABLE'])
    world.lookAway()
  })
})

describe('timeouts', () => {
  const timed = (world: World) => {
    const jobId = submit(world, { timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 5 } })
    place(world)
    world.now += 3_600_000
    const startedAtMs = world.now
    world.lookAway()
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs }))
    world.saw({ type: 'attemptStarted' }, { type: 'wakeForTimeout', jobId, attempt: 1, startedAtMs, timeoutMs: 60_000 })
    return { jobId, startedAtMs }
  }

  story('the clock starts with RUNNING; what timed out is stopped, fails and is not tried again', (world) => {
    const { jobId } = timed(world)
    world.now += 60_000
    world.do(attemptTimedOut({ jobId, attempt: 1 }))
    world.saw({ type: 'attemptStopping', cause: { kind: 'timedOut' } }, { type: 'stopAttempt', jobId })
    world.do(attemptTimedOut({ jobId, attempt: 1 }))
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(137) }))
    world.saw({ type: 'attemptEnded' })
    expect(world.job(jobId).state).toMatchObject({
      status: 'FAILED',
      statusReason: 'Job attempt duration exceeded timeout',
    })
    expect(world.job(jobId).attempts).toMatchObject([{ exitCode: 137 }])
  })

  story('the clock of an attempt that ended stops nothing', (world) => {
    const { jobId } = timed(world)
    world.now += 60_000
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(1) }))
    place(world)
    world.do(attemptStarted({ jobId, attempt: 2, startedAtMs: world.now }))
    world.lookAway()
    world.do(attemptTimedOut({ jobId, attempt: 1 }))
  })

  // What the engine recorded, how long this server saw it at the most, and how it then ends.
  const rows: [ranMs: number, ranAtMostMs: number | undefined, 'SUCCEEDED' | 'FAILED'][] = [
    [20_000, undefined, 'SUCCEEDED'],
    [60_000, undefined, 'SUCCEEDED'],
    [60_001, undefined, 'FAILED'],
    [20_000, 3_600_000, 'SUCCEEDED'],
    [90_000, 3_600_000, 'FAILED'],
    // The machine slept, or its clock was set forward.
    [28_800_000, 59_000, 'SUCCEEDED'],
    // The clock was set back.
    [-86_400_000, 20_000, 'SUCCEEDED'],
  ]
  test.each(rows)('an end of its own after %d ms, of at most %s: %s', (ranMs, ranAtMostMs, status) => {
    const world = makeWorld()
    const { jobId, startedAtMs } = timed(world)
    world.now += 30_000_000
    const outcome = exited(0, { startedAtMs, stoppedAtMs: startedAtMs + ranMs })
    world.do(attemptEnded({ jobId, attempt: 1, outcome, ranAtMostMs }))
    expect(world.job(jobId).state).toMatchObject({
      status,
      statusReason:
        status === 'FAILED' ? 'Job attempt duration exceeded timeout' : 'Essential container in task exited',
    })
    expect(world.job(jobId).attempts).toMatchObject([{ exitCode: 0 }])
  })

  test('a terminated attempt stays terminated, however long it ran', () => {
    const world = makeWorld()
    const { jobId, startedAtMs } = timed(world)
    world.do(terminateJob({ jobId, reason: 'enough' }))
    world.now += 90_000
    const outcome = exited(0, { startedAtMs, stoppedAtMs: startedAtMs + 80_000 })
    world.do(attemptEnded({ jobId, attempt: 1, outcome }))
    expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: 'enough' })
  })
})

describe('an attempt that was lost with its host', () => {
  const lost: AttemptOutcome = { kind: 'lost' }
  const hostTerminated = 'Host EC2 (instance i-000000000000000h1) terminated.'
  const strict = { attempts: 2, evaluateOnExit: [{ action: 'EXIT' as const, onStatusReason: '*' }] }

  test('ended at its last sign of life', () => {
    const world = makeWorld()
    const jobId = submit(world)
    place(world)
    const startedAtMs = world.now
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs }))
    world.now += 3_600_000
    const outcome = { ...lost, startedAtMs, stoppedAtMs: startedAtMs + 5_000 }
    world.do(attemptEnded({ jobId, attempt: 1, outcome }))
    expect(world.job(jobId).attempts).toMatchObject([
      { statusReason: hostTerminated, startedAtMs, stoppedAtMs: startedAtMs + 5_000 },
    ])
    expect(world.job(jobId).attempts[0]).not.toHaveProperty('exitCode')
  })

  test('runs again as often as the operator says, whatever its strategy, which loses no attempt', () => {
    const world = makeWorld(undefined, { ...rulesOfAws, lostHostRetries: 2 })
    const [once, twice] = [submit(world), submit(world, { retryStrategy: strict })]
    for (const jobId of [once, twice]) {
      endNext(world, jobId, lost)
      endNext(world, jobId, lost)
      expect(world.job(jobId)).toMatchObject({ state: { status: 'RUNNABLE' }, attempts: [{}, { requeued: true }] })
    }
    endNext(world, once, lost)
    expect(world.job(once).state).toMatchObject({ status: 'FAILED', statusReason: hostTerminated })
    endNext(world, twice, exited(1))
    expect(world.job(twice).state).toMatchObject({ status: 'FAILED' })
    expect(world.job(twice).attempts).toHaveLength(3)
  })

  test('uses an attempt of a strategy that retries it, and only then one of the operator’s', () => {
    const world = makeWorld(undefined, { ...rulesOfAws, lostHostRetries: 1 })
    const jobId = submit(world, { retryStrategy: { attempts: 2 } })
    endNext(world, jobId, lost)
    endNext(world, jobId, lost)
    expect(world.job(jobId).attempts.map(({ requeued }) => requeued)).toEqual([undefined, true])
    endNext(world, jobId, lost)
    expect(world.job(jobId).state.status).toBe('FAILED')
  })

  test('is not run again by the operator’s setting if it was terminated, or failed by itself', () => {
    const world = makeWorld(undefined, { ...rulesOfAws, lostHostRetries: 5 })
    const [failed, terminated] = [submit(world), submit(world)]
    endNext(world, failed, exited(255))
    place(world)
    world.do(terminateJob({ jobId: terminated, reason: 'enough' }))
    world.do(attemptEnded({ jobId: terminated, attempt: 1, outcome: lost }))
    for (const jobId of [failed, terminated]) expect(world.job(jobId).state.status).toBe('FAILED')
  })

  test('that was seen to run did not fail to start, even if its driver says that it never ran', () => {
    const world = makeWorld()
    const jobId = submit(world)
    const cutOff = { kind: 'exited', outOfMemory: false, reason: 'CannotStartContainerError: cut off' } as const
    endNext(world, jobId, { ...cutOff, stoppedAtMs: world.now })
    expect(world.job(jobId).state).toMatchObject({ statusReason: hostTerminated })
  })
})

describe('an engine whose clock differs', () => {
  const hourMs = 3_600_000
  test.each([-hourMs, hourMs])('by %d ms changes neither when an attempt began nor how long it ran', (aheadMs) => {
    const world = makeWorld()
    const jobId = submit(world)
    place(world)
    const placedAtMs = liveAttempt(world.job(jobId))!.placedAtMs
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now + aheadMs }))
    const seenAtMs = world.now
    const { startedAtMs } = world.job(jobId).state as { startedAtMs: number }
    expect(startedAtMs).toBeGreaterThanOrEqual(placedAtMs)
    expect(startedAtMs).toBeLessThanOrEqual(seenAtMs)
    world.now += 30_000
    const engineStart = seenAtMs + aheadMs
    const outcome = exited(0, { startedAtMs: engineStart, stoppedAtMs: engineStart + 20_000 })
    world.do(attemptEnded({ jobId, attempt: 1, outcome }))
    expect(world.job(jobId).attempts).toMatchObject([{ startedAtMs, stoppedAtMs: startedAtMs + 20_000 }])
  })
})

describe('reports that come late, twice or out of order', () => {
  story('change nothing', (world) => {
    const jobId = submit(world, { retryStrategy: { attempts: 2 } })
    endNext(world, jobId, exited(1))
    place(world)
    world.lookAway()
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: 1 }))
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
    world.do(attemptEnded({ jobId, attempt: 3, outcome: exited(0) }))
    world.do(attemptEnded({ jobId: 'unknown', attempt: 1, outcome: exited(0) }))
    world.nothingElseHappened()
    world.do(attemptStarted({ jobId, attempt: 2, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt: 2, outcome: exited(0) }))
    world.lookAway()
    world.do(attemptStarted({ jobId, attempt: 2, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt: 2, outcome: exited(1) }))
    expect(world.job(jobId).state.status).toBe('SUCCEEDED')
  })
})

describe('an array parent', () => {
  story('is PENDING from the first RUNNABLE child on, and never anything else until all have ended', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 5 } })
    expect(childCounts(world, jobId)).toEqual({ RUNNABLE: 5 })
    place(world)
    expect(childCounts(world, jobId)).toEqual({ STARTING: 4, RUNNABLE: 1 })
    for (const index of [1, 3, 0, 2]) {
      world.do(attemptStarted({ jobId: `${jobId}:${index}`, attempt: 1, startedAtMs: world.now }))
      world.do(attemptEnded({ jobId: `${jobId}:${index}`, attempt: 1, outcome: exited(index === 3 ? 1 : 0) }))
      expect(world.job(jobId).state.status).toBe('PENDING')
    }
    place(world)
    world.lookAway()
    world.do(attemptEnded({ jobId: `${jobId}:4`, attempt: 1, outcome: exited(0) }))
    world.saw({ type: 'attemptEnded', jobId: `${jobId}:4` }, { type: 'jobFinished', jobId })
    expect(world.job(jobId).state).toEqual({
      status: 'FAILED',
      statusReason: 'Array Child Job failed',
      stoppedAtMs: world.now,
      statusSummary: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0, SUCCEEDED: 4, FAILED: 1 },
    })
  })

  story('succeeds when all children did, a retried one too', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 2 }, retryStrategy: { attempts: 2 } })
    endNext(world, `${jobId}:0`, exited(1))
    endNext(world, `${jobId}:1`, exited(0))
    expect(childCounts(world, jobId)).toEqual({ STARTING: 1, SUCCEEDED: 1 })
    endNext(world, `${jobId}:0`, exited(0))
    expect(world.job(jobId).state).toMatchObject({ status: 'SUCCEEDED', statusSummary: { SUCCEEDED: 2, FAILED: 0 } })
  })

  story('a child is its own: task, attempt name, spec of the parent, no tags', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 2 }, tags: { team: 'a' } })
    world.lookAway()
    world.do(placeJobs())
    world.saw(
      { type: 'childSpawned', jobId: `${jobId}:0`, index: 0 },
      { type: 'attemptPlaced', jobId: `${jobId}:0` },
      { type: 'superviseAttempt', jobId: `${jobId}:0` },
      { type: 'childSpawned', jobId: `${jobId}:1`, index: 1 },
      { type: 'attemptPlaced', jobId: `${jobId}:1` },
      { type: 'superviseAttempt', jobId: `${jobId}:1` },
      { type: 'schedulingDone' },
    )
    const [parent, child] = [world.job(jobId), world.job(`${jobId}:1`)]
    expect(child).toMatchObject({ arrayIndex: 1, tags: {}, state: { attempt: { name: `openbatch-${jobId}.1-1` } } })
    expect(child.spec).toBe(parent.spec)
  })
})
