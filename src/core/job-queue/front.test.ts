import { expect, test } from 'vitest'
import { createSchedulingPolicy } from '../scheduling-policy/decide.ts'
import { makeWorld, place, queueRequest, submit, type World } from '../world.testing.ts'
import { jobQueueSnapshot } from './snapshot.ts'

/** The queue's only host has 4 vCPUs. */
const tooLarge = { vcpus: 5 }

function front(world: World, jobQueue = 'q'): string[] {
  const { frontOfQueue } = jobQueueSnapshot(world.state, world.state.jobQueues.get(jobQueue)!, world.now)
  return frontOfQueue!.jobs!.map(({ jobArn }) => jobArn!.slice(jobArn!.lastIndexOf('/') + 1))
}

test('a job that can never fit stands where it was submitted', () => {
  const world = makeWorld()
  submit(world, { vcpus: 4 })
  place(world)
  const large = submit(world, tooLarge)
  place(world)
  expect(world.state.waiting.get('q')!.parked).toEqual(new Set([large]))
  const [first, second] = [submit(world), submit(world)]
  place(world)
  expect(front(world)).toEqual([large, first, second])
})

test('with nothing else in the queue it is the only entry, an array child by child', () => {
  const world = makeWorld()
  const array = submit(world, { ...tooLarge, arrayProperties: { size: 3 } })
  place(world)
  expect(front(world)).toEqual([0, 1, 2].map((index) => `${array}:${index}`))
})

test('of more than 100 jobs the first 100 are shown, whichever they are', () => {
  const world = makeWorld()
  submit(world, { vcpus: 4 })
  place(world)
  const large = submit(world, { ...tooLarge, arrayProperties: { size: 60 } })
  const small = submit(world, { arrayProperties: { size: 60 } })
  place(world)
  const shown = front(world)
  expect(shown).toHaveLength(100)
  expect(shown.slice(58, 62)).toEqual([`${large}:58`, `${large}:59`, `${small}:0`, `${small}:1`])
})

test('in a share it stands by its priority, and behind all others if nobody else is in its share', () => {
  const world = makeWorld()
  world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: {} }))
  world.do(queueRequest('fair', ['ce'], 1, 'p'))
  world.settle()
  const ask = (shareIdentifier: string, schedulingPriorityOverride: number, more = {}) =>
    submit(world, { jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride, ...more })
  ask('a', 0, { vcpus: 4 })
  place(world)
  const alone = ask('b', 9, tooLarge)
  const low = ask('a', 1, tooLarge)
  const high = ask('a', 9, tooLarge)
  place(world)
  expect(world.state.waiting.get('fair')!.parked.size).toBe(3)
  const middle = ask('a', 5)
  place(world)
  expect(front(world, 'fair')).toEqual([high, middle, alone, low])
})
