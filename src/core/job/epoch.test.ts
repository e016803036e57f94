/**
 * A new epoch: held jobs are not placed, attempts that the driver has are adopted, and the rest
 * runs when it is released.
 */
import { expect, test } from 'vitest'
import { attemptName, liveAttempt } from '../../model/job.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { brokenInvariants } from '../invariants.ts'
import { resume } from '../react.ts'
import { makeWorld, place, submit, type World } from '../world.testing.ts'
import { attemptStarted } from './attempt.ts'
import { holdAll, matchAttempts, releaseJobs } from './epoch.ts'

const release = (jobIds?: string[], busy: string[] = []) => releaseJobs(jobIds, new Set(busy))

/**
 * A running job, a starting one, one that waits for a place, one that waits for that job, and a
 * waiting array.
 */
function heldWorld() {
  const world = makeWorld()
  const running = submit(world)
  place(world)
  world.do(attemptStarted({ jobId: running, attempt: 1, startedAtMs: world.now }))
  const starting = submit(world)
  place(world)
  const waiting = submit(world, { vcpus: 2 })
  const dependent = submit(world, { dependsOn: [{ jobId: waiting }] })
  const array = submit(world, { arrayProperties: { size: 3 } })
  const ids = { running, starting, waiting, dependent, array }
  expect(world.do(holdAll())).toBe(5)
  world.state.schedulingDue = true
  place(world)
  world.lookAway()
  return { world, ids }
}

const statusOf = (world: World, jobId: string) => world.job(jobId).state.status
const isHeld = (world: World, jobId: string) => world.job(jobId).held === true

test('a held job is not placed, not followed, and says so', () => {
  const { world, ids } = heldWorld()
  expect(Object.values(ids).map((id) => statusOf(world, id))).toEqual([
    'RUNNING',
    'STARTING',
    'RUNNABLE',
    'PENDING',
    'PENDING',
  ])
  expect(resume(world.state).filter(({ type }) => type === 'superviseAttempt')).toEqual([])
  const explainer = new Explainer(world.state, world.now)
  for (const id of [ids.waiting, ids.dependent, ids.array])
    expect(waitText(explainer.explain(world.job(id))!)).toMatch(new RegExp(`^Held: .* openbatch release ${id}$`))
  expect(brokenInvariants(world.state)).toEqual([])
})

test('an attempt that the driver has is adopted; an attempt that it lacks is lost, and its job stays held', () => {
  const { world, ids } = heldWorld()
  const stray = attemptName('11111111-2222-4333-8444-555555555555', 1)
  const names = [
    attemptName(ids.running, 2),
    attemptName(ids.waiting, 1),
    attemptName(`${ids.array}:1`, 1),
    attemptName(ids.dependent, 1),
    stray,
  ]
  const matched = world.do(matchAttempts('scripted', names))
  expect(matched).toEqual({ adopted: 3, lost: 1, leftAlone: [attemptName(ids.dependent, 1), stray] })
  expect(liveAttempt(world.job(ids.running))?.number).toBe(2)
  expect(world.job(ids.running).attempts.map(({ statusReason }) => statusReason)).toEqual([
    'Unknown since the server was restored from a backup',
  ])
  expect(liveAttempt(world.job(ids.waiting))?.number).toBe(1)
  expect(statusOf(world, `${ids.array}:1`)).toBe('STARTING')
  expect([statusOf(world, ids.starting), isHeld(world, ids.starting)]).toEqual(['RUNNABLE', true])
  expect([ids.running, ids.waiting].map((id) => isHeld(world, id))).toEqual([false, false])
  expect(brokenInvariants(world.state)).toEqual([])
  world.lookAway()
})

test('a released job runs, with the next number; a job with an attempt on a driver stays held', () => {
  const { world, ids } = heldWorld()
  world.do(matchAttempts('scripted', []))
  expect(world.refused(release(['unknown']))).toMatchObject({ message: 'Job unknown is not held.', httpStatus: 404 })
  expect(world.do(release([ids.starting]))).toEqual({ released: 1, stayHeld: [] })
  place(world)
  expect(liveAttempt(world.job(ids.starting))?.number).toBe(2)
  expect(world.do(release(undefined, [ids.dependent, `${ids.array}:2`]))).toEqual({
    released: 2,
    stayHeld: [ids.dependent, ids.array],
  })
  place(world)
  expect(statusOf(world, ids.waiting)).toBe('STARTING')
  expect([ids.dependent, ids.array].map((id) => isHeld(world, id))).toEqual([true, true])
  expect(brokenInvariants(world.state)).toEqual([])
  world.lookAway()
})
