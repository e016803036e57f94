/**
 * Until the engine has reported its hosts there is no spot price, so no attempt gets a notice
 * before that, or while the engine is away.
 */
import { expect, test } from 'vitest'
import { createComputeEnvironment } from '../compute-environment/decide.ts'
import { driverSeen } from '../instance/driver-seen.ts'
import { attemptStarted } from '../job/attempt.ts'
import { restore } from '../restore.ts'
import { account, hostOf, hostsSeen, makeWorld, place, queueRequest, submit, type World } from '../world.testing.ts'
import { plan } from './plan.ts'

/** A spot attempt runs on the only host. */
function spotWorld(): World {
  const world = makeWorld()
  world.do(
    createComputeEnvironment({
      computeEnvironmentName: 'spot',
      type: 'MANAGED',
      computeResources: {
        ...{ type: 'SPOT', bidPercentage: 50, minvCpus: 0, maxvCpus: 16, instanceTypes: ['optimal'] },
        ...{ instanceRole: 'r', subnets: [] },
      },
    }),
  )
  world.settle()
  world.do(queueRequest('s', ['spot']))
  world.settle()
  const jobId = submit(world, { jobQueue: 's' })
  place(world)
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  return world
}

function reclaims({ state, now }: Pick<World, 'state' | 'now'>) {
  return plan(state, now, 256).reclaims
}

test('after a restart nobody gets a notice before the engine has reported its hosts', () => {
  const { state, now } = spotWorld()
  const restored = restore(account, 'scripted', {
    ...{ jobs: [...state.jobs.values()], resources: [], shareUses: [], nextSeq: state.nextSeq },
    definitionBytes: state.jobDefinitions.held.owners(),
    jobQueues: [...state.jobQueues.values()],
    computeEnvironments: [...state.computeEnvironments.values()],
  })
  expect(restored.taken.get('spot')?.vcpus).toBe(1)
  expect(reclaims({ state: restored, now })).toEqual([])
})

test.each([
  ['is away', driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'away' } })],
  ['has no hosts', hostsSeen()],
])('nobody gets a notice while the engine %s', (_, seen) => {
  const world = spotWorld()
  world.do(seen)
  expect(reclaims(world)).toEqual([])
  world.do(hostsSeen(hostOf('h1')))
  expect(reclaims(world)).toEqual([])
})
