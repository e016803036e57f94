/** Which events of the core are reported to the outside, and which are not. */
import { describe, expect, test } from 'vitest'
import type { Command } from '../decision.ts'
import { evolve } from '../evolve.ts'
import { attemptEnded, attemptStarted } from '../job/attempt.ts'
import { cancelJob, terminateJob } from '../job/cancel.ts'
import { placeJobs } from '../job/place.ts'
import { submitJob } from '../job/submit.ts'
import { tagResource } from '../tag/decide.ts'
import { exited, makeWorld, submit, type World } from '../world.testing.ts'
import { eventOfSibling, stateChanged } from './event-body.ts'
import { watch } from './notices.ts'

/** The notices of a command, as `job status`. */
function noticed(world: World, command: Command<unknown>): string[] {
  const decision = command(world.state, { now: ++world.now, newId: world.newId })
  if (decision.kind === 'refusal') throw new Error(decision.message)
  return decision.events.flatMap((event, at) => {
    const asked = watch(world.state, event, decision.events[at + 1])
    evolve(world.state, event)
    const notice = asked?.()
    if (!notice) return []
    if (notice.kind === 'childrenEnded') return `${notice.parent.jobId} children ${notice.indexes}`
    return `${notice.job.jobId} ${notice.job.state.status}`
  })
}

const submission = (more = {}) => submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...more }, 'ada')

test('a submission is reported when the job waits, and not before', () => {
  const world = makeWorld()
  expect(noticed(world, submission())).toEqual([expect.stringMatching(/ RUNNABLE$/)])
  expect(noticed(world, submission({ arrayProperties: { size: 2 } }))).toEqual([expect.stringMatching(/ PENDING$/)])
})

test('each step of an attempt is reported, and marks on the job are not', () => {
  const world = makeWorld()
  const jobId = submit(world, { retryStrategy: { attempts: 2 } })
  const report = { jobId, attempt: 1 }
  expect(noticed(world, placeJobs())).toEqual([`${jobId} STARTING`])
  expect(noticed(world, attemptStarted({ ...report, startedAtMs: 1 }))).toEqual([`${jobId} RUNNING`])
  const tag = tagResource(`arn:aws:batch:us-west-2:123456789012:job/${jobId}`, { k: 'v' }, () => undefined)
  expect(noticed(world, tag)).toEqual([])
  expect(noticed(world, cancelJob({ jobId, reason: 'r' }))).toEqual([])
  expect(noticed(world, attemptEnded({ ...report, outcome: exited(1) }))).toEqual([`${jobId} RUNNABLE`])
  expect(noticed(world, placeJobs())).toEqual([`${jobId} STARTING`])
  expect(noticed(world, terminateJob({ jobId, reason: 'r' }))).toEqual([])
  expect(noticed(world, attemptEnded({ jobId, attempt: 2, outcome: exited(0) }))).toEqual([`${jobId} FAILED`])
})

describe('children', () => {
  test('are reported RUNNABLE when they are placed, and not when they get a record only to end', () => {
    const world = makeWorld()
    const jobId = submit(world, { vcpus: 2, arrayProperties: { size: 4 } })
    expect(noticed(world, placeJobs())).toEqual([
      ...[`${jobId}:0 RUNNABLE`, `${jobId}:0 STARTING`],
      ...[`${jobId}:1 RUNNABLE`, `${jobId}:1 STARTING`],
    ])
    expect(noticed(world, cancelJob({ jobId: `${jobId}:2`, reason: 'r' }))).toEqual([`${jobId}:2 FAILED`])
  })

  test('that end together are reported together, and none of them twice', () => {
    const world = makeWorld()
    const jobId = submit(world, { vcpus: 4, arrayProperties: { size: 5 } })
    noticed(world, placeJobs())
    noticed(world, cancelJob({ jobId: `${jobId}:3`, reason: 'r' }))
    expect(noticed(world, cancelJob({ jobId, reason: 'r' }))).toEqual([`${jobId} children 1,2,4`])
    expect(noticed(world, attemptEnded({ jobId: `${jobId}:0`, attempt: 1, outcome: exited(0) }))).toEqual([
      `${jobId}:0 SUCCEEDED`,
      `${jobId} FAILED`,
    ])
  })
})

test('the ids of siblings’ events differ, wherever the first of them ends', () => {
  const world = makeWorld()
  const jobId = submit(world, { vcpus: 4, arrayProperties: { size: 3 } })
  world.do(placeJobs())
  const of = (id: string) => stateChanged(world.job(`${jobId}:0`), world.state, { id, atMs: 1 })
  const last = of('00000000-0000-4000-8000-0000ffffffff')
  expect(eventOfSibling(last, 0).id).toBe(last.id)
  expect([1, 2].map((index) => eventOfSibling(last, index).id)).toEqual([
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-4000-8000-000000000001',
  ])
  const second = eventOfSibling(of('00000000-0000-4000-8000-00000000000a'), 2)
  expect(eventOfSibling(second, 1).id).toBe('00000000-0000-4000-8000-00000000000b')
})
