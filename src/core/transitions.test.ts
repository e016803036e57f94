/**
 * Compares the transition table with AWS's description of the states.
 * https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
import { expect, test } from 'vitest'
import { isTerminal, jobStatuses } from '../model/job.ts'
import { evolve, ImpossibleTransition } from './evolve.ts'
import { attemptEnded } from './job/attempt.ts'
import { transitions } from './transitions.ts'
import { exited, makeWorld, place, submit } from './world.testing.ts'

const edges = Object.entries(transitions).flatMap(([event, { from, to }]) =>
  from.flatMap((before) => to.map((after) => ({ event, before, after }))),
)

test('nothing leads out of SUCCEEDED and FAILED', () => {
  for (const { event, before, after } of edges)
    if (isTerminal(before) && event !== 'jobTagsChanged') expect.fail(`${event} leads from ${before} to ${after}`)
})

test('every status can be reached, and every job can come to an end', () => {
  const reached = new Set<string>([...transitions.jobSubmitted.to, ...transitions.childSpawned.to])
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const edge of edges) if (reached.has(edge.before)) reached.add(edge.after)
  }
  expect(reached).toEqual(new Set(jobStatuses))
  for (const status of jobStatuses.filter((it) => !isTerminal(it)))
    expect(
      edges.some(({ before, after }) => before === status && after !== status),
      status,
    ).toBe(true)
})

test('an event that does not fit throws with the job’s story, and changes nothing', () => {
  const world = makeWorld()
  const jobId = submit(world)
  place(world)
  const attempt = { number: 7, atMs: 1 }
  const wrong = [
    () => evolve(world.state, { type: 'jobMadeRunnable', jobId, atMs: 1 }),
    () => evolve(world.state, { type: 'attemptStarted', jobId, ...attempt }),
    () => evolve(world.state, { type: 'attemptStopping', jobId, number: 7, cause: { kind: 'timedOut' } }),
    () => evolve(world.state, { type: 'childSpawned', jobId: `${jobId}:0`, seq: 99, index: 0, atMs: 1 }),
    () => evolve(world.state, { type: 'jobMarked', jobId: 'unknown', as: 'cancelled' }),
  ]
  const before = JSON.stringify(world.job(jobId))
  for (const one of wrong) expect(one).toThrow(ImpossibleTransition)
  expect(wrong[1]).toThrow(new RegExp(`attemptStarted.*${jobId}.*STARTING`, 's'))
  expect(JSON.stringify(world.job(jobId))).toBe(before)
})

test('the end of another attempt is impossible too, once decided', () => {
  const world = makeWorld()
  const jobId = submit(world)
  place(world)
  const decision = attemptEnded({ jobId, attempt: 1, outcome: exited(0) })(world.state, { now: 1, newId: world.newId })
  if (decision.kind !== 'accepted') expect.fail('it was refused')
  for (const event of decision.events) evolve(world.state, event)
  expect(() => evolve(world.state, decision.events[0]!)).toThrow(ImpossibleTransition)
})
