/**
 * The rehearsed loss of a spot instance: who gets notice, how they end, and the answer if there is
 * nobody.
 */
import { expect, test } from 'vitest'
import { createComputeEnvironment } from '../compute-environment/decide.ts'
import { attemptEnded, attemptStarted } from '../job/attempt.ts'
import { terminateJob } from '../job/cancel.ts'
import { exited, hostOf, hostsSeen, makeWorld, place, queueRequest, submit, type World } from '../world.testing.ts'
import { interruptInstance } from './interrupt.ts'

/** A queue `s` on spot and `q` on demand; hosts of 4 vCPUs. */
function spotWorld(...hostNames: string[]): World {
  const world = makeWorld()
  world.do(hostsSeen(...hostNames.map((name) => hostOf(name))))
  world.do(
    createComputeEnvironment({
      computeEnvironmentName: 'spot',
      type: 'MANAGED',
      computeResources: {
        ...{ type: 'SPOT', minvCpus: 0, maxvCpus: 16, instanceTypes: ['optimal'], instanceRole: 'r', subnets: [] },
      },
    }),
  )
  world.settle()
  world.do(queueRequest('s', ['spot']))
  world.settle()
  return world
}
const idOf = (hostName: string) => hostOf(hostName).instanceId
const spotJob = (world: World, more: object = {}) => submit(world, { jobQueue: 's', ...more })
const stopping = (world: World, jobId: string) => {
  const { state } = world.job(jobId)
  return 'stopping' in state ? state.stopping : undefined
}

test('all spot attempts of the instance get notice, no others', () => {
  const world = spotWorld('h1', 'h2')
  const there = [spotJob(world, { vcpus: 2 }), spotJob(world)]
  const onDemand = submit(world)
  place(world)
  const elsewhere = spotJob(world, { vcpus: 2 })
  place(world)
  expect([...there, onDemand, elsewhere].map((id) => world.job(id).state)).toMatchObject([
    ...Array(3).fill({ attempt: { hostName: 'h1' } }),
    { attempt: { hostName: 'h2' } },
  ])
  world.lookAway()
  expect(world.do(interruptInstance(idOf('h1')))).toEqual({ interrupted: 2, alreadyStopping: 0 })
  world.saw(
    ...there.flatMap((jobId) => [
      {
        ...{ type: 'attemptStopping' as const, jobId },
        cause: { kind: 'reclaimed' as const, why: 'an operator interrupted the instance' },
      },
      { type: 'stopAttempt' as const, jobId },
    ]),
  )
  world.nothingElseHappened()
  expect(world.do(interruptInstance(idOf('h1')))).toEqual({ interrupted: 0, alreadyStopping: 2 })
  expect([onDemand, elsewhere].map((id) => stopping(world, id))).toEqual([undefined, undefined])
})

test('they end as if with their host, and are retried as their strategy says', () => {
  const world = spotWorld('h1')
  const evaluateOnExit = [
    { onStatusReason: 'Host EC2*', action: 'RETRY' as const },
    { onReason: '*', action: 'EXIT' as const },
  ]
  const back = spotJob(world, { retryStrategy: { attempts: 3, evaluateOnExit } })
  const gone = spotJob(world)
  place(world)
  for (const jobId of [back, gone]) world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  world.do(interruptInstance(idOf('h1')))
  for (const jobId of [back, gone]) world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(143) }))
  expect(world.job(gone).state).toMatchObject({
    status: 'FAILED',
    statusReason: `Host EC2 (instance ${idOf('h1')}) terminated.`,
  })
  expect(world.job(back).state.status).toBe('RUNNABLE')
  place(world)
  world.do(attemptEnded({ jobId: back, attempt: 2, outcome: exited(0) }))
  expect(world.job(back).state.status).toBe('SUCCEEDED')
})

test('a terminated attempt stays terminated', () => {
  const world = spotWorld('h1')
  const jobId = spotJob(world)
  place(world)
  world.do(terminateJob({ jobId, reason: 'enough' }))
  expect(world.do(interruptInstance(idOf('h1')))).toEqual({ interrupted: 0, alreadyStopping: 1 })
  expect(stopping(world, jobId)).toMatchObject({ kind: 'terminated', reason: 'enough' })
})

test('an instance that is unknown, or has no spot attempts, is refused with a message', () => {
  const world = spotWorld('h1', 'h2')
  expect(world.refused(interruptInstance('i-0'))).toMatchObject({
    message: 'Instance i-0 not found. No spot attempt runs anywhere.',
    httpStatus: 404,
  })
  submit(world)
  place(world)
  const none = `No spot attempt runs on instance ${idOf('h1')}.`
  expect(world.refused(interruptInstance(idOf('h1')))).toEqual(expect.objectContaining({ message: none }))
  spotJob(world, { vcpus: 4 })
  place(world)
  expect(world.refused(interruptInstance('i-0')).message).toBe(
    `Instance i-0 not found. Spot attempts run on ${idOf('h2')}.`,
  )
})
