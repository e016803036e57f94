/** CancelJob and TerminateJob, cell by cell (docs/aws §2.9). */
import { describe, expect, test } from 'vitest'
import type { Job } from '../../model/job.ts'
import { Explainer } from '../explain/explain.ts'
import { childCounts, exited, makeWorld, place, story, submit, type World } from '../world.testing.ts'
import { attemptEnded, attemptStarted } from './attempt.ts'
import { cancelJob, terminateJob } from './cancel.ts'
import { childWithoutRecord } from './child-without-record.ts'
import { followEnds } from './follow-ends.ts'
import { jobDetail, jobSummary } from './read.ts'

const stop = { cancel: cancelJob, terminate: terminateJob }
const reason = 'not needed any more (häh?)'

/** Brings a job to a status. Returns its id, and the status at that moment. */
const ways: Record<string, (world: World) => string> = {
  RUNNABLE: (world) => submit(world),
  'RUNNABLE after an attempt': (world) => {
    const jobId = submit(world, { retryStrategy: { attempts: 2 } })
    place(world)
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(1) }))
    return jobId
  },
  STARTING: (world) => {
    const jobId = submit(world)
    place(world)
    return jobId
  },
  RUNNING: (world) => {
    const jobId = ways.STARTING!(world)
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
    return jobId
  },
  SUCCEEDED: (world) => {
    const jobId = ways.RUNNING!(world)
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
    return jobId
  },
  unknown: () => 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
}

const cells: [from: string, by: 'cancel' | 'terminate', then: 'ends' | 'stops' | 'goes on'][] = [
  ['RUNNABLE', 'cancel', 'ends'],
  ['RUNNABLE', 'terminate', 'ends'],
  ['RUNNABLE after an attempt', 'cancel', 'ends'],
  ['RUNNABLE after an attempt', 'terminate', 'ends'],
  ['STARTING', 'cancel', 'goes on'],
  ['STARTING', 'terminate', 'stops'],
  ['RUNNING', 'cancel', 'goes on'],
  ['RUNNING', 'terminate', 'stops'],
  ['SUCCEEDED', 'cancel', 'goes on'],
  ['SUCCEEDED', 'terminate', 'goes on'],
  ['unknown', 'cancel', 'goes on'],
  ['unknown', 'terminate', 'goes on'],
]

describe.each(cells)('%s, %s', (from, by, then) => {
  story(then, (world) => {
    const jobId = ways[from]!(world)
    world.lookAway()
    world.do(stop[by]({ jobId, reason }))
    if (then === 'goes on') return
    if (then === 'ends') {
      world.saw({
        type: 'jobFinished',
        jobId,
        stop: { as: by === 'cancel' ? 'cancelled' : 'terminated', reason, atMs: world.now },
      })
      expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason, stoppedAtMs: world.now })
      expect(world.job(jobId)).toMatchObject(by === 'cancel' ? { isCancelled: true } : { isTerminated: true })
      return
    }
    world.saw(
      { type: 'attemptStopping', jobId, number: 1, cause: { kind: 'terminated', reason } },
      { type: 'stopAttempt', jobId },
    )
    expect(world.job(jobId)).toMatchObject({ isTerminated: true, state: { status: from } })
    // However the container reacts to SIGTERM, the job has failed for the given reason, and is not
    // tried again.
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
    world.saw({ type: 'attemptEnded', jobId, next: { status: 'FAILED', statusReason: reason } } as never)
  })
})

story('a second terminate changes nothing: the first reason stands', (world) => {
  const jobId = ways.RUNNING!(world)
  world.do(terminateJob({ jobId, reason: 'first' }))
  world.lookAway()
  world.do(terminateJob({ jobId, reason: 'second' }))
  expect(world.job(jobId).state).toMatchObject({ stopping: { kind: 'terminated', reason: 'first' } })
})

story('a cancelled head lets those behind it go at once', (world) => {
  const running = submit(world, { vcpus: 3 })
  const head = submit(world, { vcpus: 4 })
  const next = submit(world, { vcpus: 1 })
  place(world)
  expect([running, head, next].map((id) => world.job(id).state.status)).toEqual(['STARTING', 'RUNNABLE', 'RUNNABLE'])
  world.do(cancelJob({ jobId: head, reason }))
  place(world)
  expect(world.job(next).state.status).toBe('STARTING')
  world.lookAway()
})

describe('an array', () => {
  /**
   * Four of six children are started (the host has 4 vCPUs). Child 0 runs, and child 1 waits for
   * its second attempt.
   */
  function begun(world: World): string {
    const jobId = submit(world, { arrayProperties: { size: 6 }, retryStrategy: { attempts: 2 } })
    place(world)
    world.do(attemptStarted({ jobId: `${jobId}:0`, attempt: 1, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId: `${jobId}:1`, attempt: 1, outcome: exited(1) }))
    world.lookAway()
    return jobId
  }
  const finish = (world: World, jobId: string, children: readonly number[], code = 0) => {
    for (const index of children)
      world.do(attemptEnded({ jobId: `${jobId}:${index}`, attempt: 1, outcome: exited(code) }))
    world.lookAway()
  }

  story('cancel: ends the children that have not started, and the parent when all have ended', (world) => {
    const jobId = begun(world)
    world.do(cancelJob({ jobId, reason }))
    world.saw(
      { type: 'jobMarked', jobId, as: 'cancelled' },
      { type: 'childrenHalted', jobId, statusReason: reason },
      { type: 'jobFinished', jobId: `${jobId}:1` },
    )
    expect(childCounts(world, jobId)).toEqual({ STARTING: 2, RUNNING: 1, FAILED: 3 })
    expect(world.job(jobId)).toMatchObject({ isCancelled: true, state: { status: 'PENDING' } })
    finish(world, jobId, [0, 2])
    expect(world.job(jobId).state.status).toBe('PENDING')
    finish(world, jobId, [3])
    expect(world.job(jobId).state).toEqual({
      status: 'FAILED',
      statusReason: reason,
      stoppedAtMs: world.now,
      statusSummary: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0, SUCCEEDED: 3, FAILED: 3 },
      halted: {
        statusReason: reason,
        atMs: expect.any(Number),
        stop: { as: 'cancelled', reason, atMs: expect.any(Number) },
      },
    })
  })

  story('terminate: stops what runs, ends the rest', (world) => {
    const jobId = begun(world)
    world.do(terminateJob({ jobId, reason }))
    world.saw({ type: 'jobMarked', jobId, as: 'terminated' }, { type: 'childrenHalted', jobId })
    world.saw({ type: 'attemptStopping', jobId: `${jobId}:0` }, { type: 'stopAttempt', jobId: `${jobId}:0` })
    world.saw({ type: 'jobFinished', jobId: `${jobId}:1` })
    world.saw({ type: 'attemptStopping', jobId: `${jobId}:2` }, { type: 'stopAttempt', jobId: `${jobId}:2` })
    world.saw({ type: 'attemptStopping', jobId: `${jobId}:3` }, { type: 'stopAttempt', jobId: `${jobId}:3` })
    finish(world, jobId, [0, 2, 3], 143)
    expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusSummary: { FAILED: 6 } })
  })

  story('of which nothing started: its children say how they ended', (world) => {
    for (const [command, flag] of [
      [cancelJob, 'isCancelled'],
      [terminateJob, 'isTerminated'],
    ] as const) {
      const jobId = submit(world, { arrayProperties: { size: 2 } })
      world.do(command({ jobId, reason }))
      const child = childWithoutRecord(world.job(jobId), 1)!
      const view = { state: world.state, explainer: new Explainer(world.state, world.now) }
      const { statusReason, isCancelled, isTerminated } = jobDetail(child, view)
      expect({ statusReason, isCancelled, isTerminated }).toEqual({ statusReason: reason, [flag]: true })
      expect(jobSummary(child, view)).toMatchObject({ [flag]: true })
    }
    world.lookAway()
  })

  story('that waited for another: its children say how they ended', (world) => {
    const before = submit(world)
    const jobId = submit(world, { arrayProperties: { size: 2 }, dependsOn: [{ jobId: before }] })
    world.do(cancelJob({ jobId, reason }))
    world.do(terminateJob({ jobId: before, reason: 'no need' }))
    world.do(followEnds())
    expect(childWithoutRecord(world.job(jobId), 0)).toMatchObject({
      isCancelled: true,
      state: { statusReason: reason },
    })
    world.lookAway()
  })

  story('of which nothing started ends in one go', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 10_000 } })
    world.lookAway()
    world.do(cancelJob({ jobId, reason }))
    world.saw({ type: 'jobMarked' }, { type: 'childrenHalted' }, { type: 'jobFinished', jobId })
    expect(world.job(jobId).state).toMatchObject({
      status: 'FAILED',
      statusSummary: { FAILED: 10_000 },
    })
  })

  story('one child alone: the others go on, and the array fails when they have ended', (world) => {
    const jobId = begun(world)
    world.do(cancelJob({ jobId: `${jobId}:5`, reason }))
    world.saw({ type: 'childSpawned', jobId: `${jobId}:5`, index: 5 }, { type: 'jobFinished', jobId: `${jobId}:5` })
    expect(world.job(`${jobId}:5`)).toMatchObject({ isCancelled: true, state: { statusReason: reason } })
    expect(childCounts(world, jobId)).toEqual({ RUNNABLE: 2, STARTING: 2, RUNNING: 1, FAILED: 1 })
    finish(world, jobId, [0, 2, 3])
    place(world)
    world.do(attemptEnded({ jobId: `${jobId}:1`, attempt: 2, outcome: exited(0) }))
    world.do(attemptEnded({ jobId: `${jobId}:4`, attempt: 1, outcome: exited(0) }))
    expect(world.job(jobId).state).toMatchObject({ status: 'FAILED', statusSummary: { SUCCEEDED: 5, FAILED: 1 } })
    world.lookAway()
  })

  story('a child that is cancelled leaves a later one, tried again, in its own place', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 3 }, retryStrategy: { attempts: 2 } })
    world.do(cancelJob({ jobId: `${jobId}:1`, reason }))
    place(world)
    world.do(attemptEnded({ jobId: `${jobId}:2`, attempt: 1, outcome: exited(1) }))
    place(world)
    expect(world.job(`${jobId}:2`).state).toMatchObject({ status: 'STARTING', attempt: { number: 2 } })
    world.lookAway()
  })

  story('the last child left, cancelled alone, ends the array', (world) => {
    const jobId = submit(world, { arrayProperties: { size: 2 } })
    world.do(terminateJob({ jobId: `${jobId}:1`, reason }))
    world.lookAway()
    world.do(terminateJob({ jobId: `${jobId}:0`, reason }))
    world.saw({ type: 'childSpawned' }, { type: 'jobFinished', jobId: `${jobId}:0` }, { type: 'jobFinished', jobId })
  })

  story('children that ended, or are not of this array, are no error', (world) => {
    const jobId = begun(world)
    finish(world, jobId, [0])
    for (const child of [0, 6, 10_000]) world.do(cancelJob({ jobId: `${jobId}:${child}`, reason }))
  })
})

test.each([
  [{ jobId: '', reason: 'r' }, 'JobId must not be empty.'],
  [{ jobId: 'j', reason: '' }, 'Reason must not be empty.'],
  [{ jobId: 'j', reason: 'r'.repeat(1025) }, 'Reason must be at most 1024 characters.'],
])('%j is refused', (request, message) => {
  const world = makeWorld()
  expect(world.refused(cancelJob(request))).toMatchObject({ code: 'ClientException', message })
  expect(world.refused(terminateJob(request))).toMatchObject({ message })
})

test('an ended attempt is kept when the job ends without another', () => {
  const world = makeWorld()
  const jobId = ways['RUNNABLE after an attempt']!(world)
  const startedAtMs = world.job(jobId).attempts[0]!.startedAtMs
  world.do(cancelJob({ jobId, reason }))
  const job: Job = world.job(jobId)
  expect(job.attempts).toHaveLength(1)
  expect(job.state).toMatchObject({ status: 'FAILED', startedAtMs })
})
