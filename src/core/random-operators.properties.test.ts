/**
 * Random lives with operators in them: instances are interrupted and replaced, and time limits are
 * enforced. The invariants hold, and nothing waits forever.
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settleComputeEnvironment, updateComputeEnvironment } from './compute-environment/decide.ts'
import { interruptInstance } from './instance/interrupt.ts'
import { attemptEnded } from './job/attempt.ts'
import { actOnTimeLimits } from './job-queue/act-on-time-limits.ts'
import { updateJobQueue } from './job-queue/decide.ts'
import { propertyRuns, triesAll } from './property-runs.testing.ts'
import { makeRandomWorld } from './random-beginning.testing.ts'
import { step, take } from './random-world.testing.ts'
import { hostOf, hostsSeen, place, type World } from './world.testing.ts'

const reasons = [
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
]
const operator = fc.record({
  deed: fc.constantFrom('interrupt', 'replace', 'replaceAtOnce', 'look', 'look', 'look', 'wait'),
  which: fc.nat(3),
})
const life = fc.array(fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: operator }), {
  ...{ minLength: 1, maxLength: 80, size: 'max' },
})

function operate(world: World, { deed, which }: { deed: string; which: number }): void {
  const computeEnvironment = which % 2 ? 'ce' : 'small'
  switch (deed) {
    case 'interrupt':
      return world.try(interruptInstance(hostOf(which % 2 ? 'h1' : 'h2').instanceId))
    case 'look':
      return world.try(actOnTimeLimits(world.now))
    case 'wait':
      world.now += 300_000 * (1 + which)
      return
    default: {
      const now = world.state.computeEnvironments.get(computeEnvironment)?.shape.computeResources?.type
      const updatePolicy = { terminateJobsOnUpdate: deed === 'replaceAtOnce' }
      const computeResources = { type: now === 'SPOT' ? 'EC2' : 'SPOT' } as const
      world.try(updateComputeEnvironment({ computeEnvironment, computeResources, updatePolicy }))
      return world.try(settleComputeEnvironment(computeEnvironment, true))
    }
  }
}

test('whatever operators do, bookings, queues and arrays agree, and a replacement completes when its jobs have ended', () => {
  let [cancelled, reclaimed] = [0, 0]
  fc.assert(
    fc.property(life, (steps) => {
      const world = makeRandomWorld()
      const actions = reasons.map(
        (reason) => ({ reason, state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' }) as const,
      )
      for (const jobQueue of ['q', 'urgent']) world.do(updateJobQueue({ jobQueue, jobStateTimeLimitActions: actions }))
      world.settle()
      for (const one of steps) 'deed' in one ? operate(world, one) : take(world, one)
      const stories = [...world.finished.values()].map((job) => JSON.stringify([job.state, job.attempts]))
      cancelled += stories.filter((story) => story.includes('Canceled by JobStateTimeLimit action')).length
      reclaimed += stories.filter((story) => story.includes('Host EC2')).length

      // All attempts end, and then no environment is still being replaced.
      world.do(hostsSeen(hostOf('h1')))
      for (const job of [...world.state.jobs.values()])
        if (job.state.status === 'STARTING' || job.state.status === 'RUNNING')
          world.do(attemptEnded({ jobId: job.jobId, attempt: job.state.attempt.number, outcome: { kind: 'lost' } }))
      world.settle()
      for (const { status } of world.state.computeEnvironments.values()) expect(status).toBe('VALID')
      place(world)
    }),
    propertyRuns(150),
  )
  if (triesAll)
    expect({ cancelled: cancelled > 0, reclaimed: reclaimed > 0 }).toEqual({ cancelled: true, reclaimed: true })
})
