/**
 * Queues with both spot and on-demand environments, or with several on-demand ones: their priority,
 * their terms, and whose room they get.
 */
import { expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { attemptEnded } from '../job/attempt.ts'
import {
  environmentRequest,
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from '../world.testing.ts'

const status = (world: World, jobId: string) => world.job(jobId).state.status
const environmentOf = (world: World, jobId: string) => liveAttempt(world.job(jobId))?.computeEnvironment
const stopping = (world: World, jobId: string) => {
  const { state } = world.job(jobId)
  return 'attempt' in state ? state.stopping?.kind : undefined
}
const end = (world: World, jobId: string) =>
  world.do(attemptEnded({ jobId, attempt: liveAttempt(world.job(jobId))!.number, outcome: exited(0) }))

/**
 * `thrifty` prefers spot. `q` of the world has only on-demand environments, and the lower priority.
 */
function thriftyWorld(): World {
  const world = makeWorld()
  world.do(spotEnvironmentRequest('spare', 16))
  world.settle()
  world.do(queueRequest('thrifty', ['spare', 'ce'], 9))
  world.settle()
  return world
}

test('of two jobs that fit, the one from the queue of higher priority goes first, although it prefers spot', () => {
  const world = thriftyWorld()
  const low = submit(world)
  const high = submit(world, { jobQueue: 'thrifty', vcpus: 4 })
  place(world)
  expect([status(world, high), status(world, low)]).toEqual(['STARTING', 'RUNNABLE'])
})

test('it starts on demand while on-demand work waits for room, because on spot it would have to leave at once', () => {
  const world = thriftyWorld()
  const low = Array.from({ length: 4 }, () => submit(world))
  place(world)
  const high = submit(world, { jobQueue: 'thrifty' })
  const next = submit(world)
  end(world, low[0]!)
  place(world)
  expect([environmentOf(world, high), status(world, next)]).toEqual(['ce', 'RUNNABLE'])
})

test('it starts on spot where nobody waits, up to maxvCpus there, and uses no maxvCpus of the other environment', () => {
  const world = makeWorld()
  world.do(spotEnvironmentRequest('spare', 2))
  world.do(environmentRequest('narrow', 1))
  world.settle()
  world.do(queueRequest('thrifty', ['spare', 'narrow'], 9))
  world.do(queueRequest('plain', ['narrow'], 1))
  world.settle()
  const thrifty = [1, 2].map(() => submit(world, { jobQueue: 'thrifty' }))
  const plain = submit(world, { jobQueue: 'plain' })
  place(world)
  expect(thrifty.map((id) => environmentOf(world, id))).toEqual(['spare', 'spare'])
  expect(environmentOf(world, plain)).toBe('narrow')
})

test('spot work of higher priority that waits for the same hosts goes first', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('h1', { vcpus: 3 })))
  world.do(spotEnvironmentRequest('spare', 16))
  world.settle()
  world.do(queueRequest('cheap', ['spare'], 9))
  world.do(queueRequest('thrifty', ['spare', 'ce'], 5))
  world.settle()
  const cheap = [1, 2, 3].map(() => submit(world, { jobQueue: 'cheap' }))
  const thrifty = submit(world, { jobQueue: 'thrifty' })
  place(world)
  expect(cheap.map((id) => status(world, id))).toEqual(['STARTING', 'STARTING', 'RUNNABLE'])
  expect(environmentOf(world, thrifty)).toBe('ce')
})

test('nothing is started on spot that on-demand work of the same pass outbids', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('h1', { vcpus: 10 })))
  world.do(spotEnvironmentRequest('narrow', 1, 20))
  world.do(spotEnvironmentRequest('spare', 16, 20))
  world.settle()
  world.do(queueRequest('cheap', ['spare'], 9))
  world.do(queueRequest('thrifty', ['narrow', 'ce'], 5))
  world.settle()
  const cheap = submit(world, { jobQueue: 'cheap' })
  const first = submit(world, { jobQueue: 'thrifty' })
  const second = submit(world, { jobQueue: 'thrifty', vcpus: 3 })
  place(world)
  expect(environmentOf(world, second)).toBe('ce')
  expect([cheap, first].map((id) => [status(world, id), stopping(world, id)])).not.toContainEqual([
    'STARTING',
    'reclaimed',
  ])
  expect(status(world, cheap)).toBe('RUNNABLE')
})

test('room is made in whichever of its on-demand environments it can be made', () => {
  const world = makeWorld()
  world.do(environmentRequest('one', 2))
  world.do(environmentRequest('two', 16))
  world.do(spotEnvironmentRequest('spare', 16))
  world.settle()
  world.do(queueRequest('both', ['one', 'two'], 9))
  world.do(queueRequest('cheap', ['spare']))
  world.settle()
  const spot = [1, 2].map(() => submit(world, { jobQueue: 'cheap' }))
  for (const _ of [1, 2]) submit(world, { jobQueue: 'both' })
  place(world)
  const waits = submit(world, { jobQueue: 'both' })
  place(world)
  expect(spot.map((id) => stopping(world, id))).toEqual([undefined, 'reclaimed'])
  end(world, spot[1]!)
  place(world)
  expect(environmentOf(world, waits)).toBe('two')
})

test('a job that may not start on spot has room made on demand', () => {
  const world = makeWorld()
  world.do(spotEnvironmentRequest('spare', 1))
  world.do(spotEnvironmentRequest('other', 16))
  world.settle()
  world.do(queueRequest('thrifty', ['spare', 'ce'], 9))
  world.do(queueRequest('cheap', ['other'], 1))
  world.settle()
  submit(world, { jobQueue: 'thrifty' })
  const cheap = [1, 2, 3].map(() => submit(world, { jobQueue: 'cheap' }))
  place(world)
  submit(world, { jobQueue: 'thrifty' })
  place(world)
  expect(cheap.map((id) => stopping(world, id))).toEqual([undefined, undefined, 'reclaimed'])
})

test('among queues of one priority, the one whose first job was submitted first goes first', () => {
  const world = makeWorld()
  world.do(queueRequest('r', ['ce']))
  world.settle()
  const running = Array.from({ length: 4 }, () => submit(world))
  place(world)
  const mine = submit(world, { jobQueue: 'r' })
  for (let round = 0; round < 3 && status(world, mine) === 'RUNNABLE'; round++) {
    submit(world)
    end(world, running.shift()!)
    place(world)
  }
  expect(running).toHaveLength(3)
  expect(status(world, mine)).toBe('STARTING')
})
