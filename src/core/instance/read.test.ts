/** What operators see of hosts: what is known, and no amount below zero. */
import { expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { evolve } from '../evolve.ts'
import { restore } from '../restore.ts'
import { account, hostOf, hostsSeen, makeWorld, place, submit, type World } from '../world.testing.ts'
import { driverSeen } from './driver-seen.ts'
import { describeInstance, describeInstances } from './read.ts'

/** The state of a server that starts while the engine is away. */
function restarted({ state }: World) {
  const again = restore(account, 'scripted', {
    ...{
      jobs: [...state.jobs.values()],
      definitionBytes: new Map(),
      resources: [],
      shareUses: [],
      nextSeq: state.nextSeq,
    },
    jobQueues: [...state.jobQueues.values()],
    computeEnvironments: [...state.computeEnvironments.values()],
  })
  evolve(again, { type: 'driverSeen', driver: 'scripted', health: { kind: 'unreachable', why: 'no socket' } })
  return again
}

test('until the engine has answered, held amounts are shown, and the capacity is shown as unknown', () => {
  const world = makeWorld()
  const jobId = submit(world, { vcpus: 2 })
  place(world)
  const state = restarted(world)
  const { drivers, instances } = describeInstances(state)
  expect(drivers).toEqual([{ driver: 'scripted', health: 'unreachable', why: 'no socket', spotPrice: 100 }])
  expect(instances).toEqual([
    {
      instanceId: liveAttempt(world.job(jobId))!.instanceId,
      ...{ hostName: 'h1', driver: 'scripted', state: 'UNREACHABLE', onDemandAttempts: 1, spotAttempts: 0 },
      held: { vcpus: 2, memoryMib: 512, gpus: 0 },
    },
  ])
})

test('an engine that went away is shown with its last hosts', () => {
  const world = makeWorld()
  submit(world, { vcpus: 3 })
  place(world)
  world.do(driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'no socket' } }))
  expect(describeInstances(world.state).instances).toMatchObject([
    { state: 'UNREACHABLE', capacity: { vcpus: 4 }, free: { vcpus: 1 }, held: { vcpus: 3 } },
  ])
})

test('a host that shrank below what it runs, or is no longer offered, has nothing free', () => {
  const world = makeWorld()
  submit(world, { vcpus: 3 })
  place(world)
  world.do(hostsSeen(hostOf('h1', { vcpus: 2 })))
  const free = { vcpus: 0, memoryMib: 7680 }
  expect(describeInstances(world.state).instances).toMatchObject([{ state: 'OFFERED', free, held: { vcpus: 3 } }])
  world.do(hostsSeen(hostOf('h2')))
  expect(describeInstances(world.state).instances).toMatchObject([
    { hostName: 'h1', state: 'WITHDRAWN', capacity: { vcpus: 0 }, free: { vcpus: 0, memoryMib: 0 } },
    { hostName: 'h2', state: 'OFFERED', free: { vcpus: 4 } },
  ])
})

test('a machine that two drivers offer is one instance', () => {
  const world = makeWorld()
  const here = { ...hostOf('local'), machine: 'here' }
  for (const driver of ['scripted', 'process'])
    world.do(driverSeen({ driver, health: { kind: 'healthy' }, hosts: [here] }))
  submit(world, { vcpus: 3 })
  place(world)
  const { instances } = describeInstances(world.state)
  expect(instances).toMatchObject([{ driver: 'scripted, process', free: { vcpus: 1 }, held: { vcpus: 3 } }])
  expect(describeInstance(world.state, here.instanceId)?.attempts).toHaveLength(1)
})
