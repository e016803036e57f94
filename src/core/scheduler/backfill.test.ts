/** Backfill: jobs that pass a head take nothing that the head waits for, however many pass it. */
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { updateComputeEnvironment } from '../compute-environment/decide.ts'
import { createConsumableResource } from '../consumable-resource/decide.ts'
import { hostOf, hostsSeen, makeWorld, place, submit, type World } from '../world.testing.ts'
import { backfillWorld, end, rules, running } from './backfill.testing.ts'

test('small jobs pass a head on the room that it leaves over, and on all other hosts', () => {
  const world = backfillWorld()
  world.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 64 } }))
  world.settle()
  const [, long] = [submit(world, { vcpus: 2 }), submit(world, { vcpus: 7 })]
  place(world)
  const head = submit(world, { vcpus: 8 })
  const small = Array.from({ length: 9 }, () => submit(world))
  place(world)
  const hostsOf = (ids: readonly string[]) => ids.map((id) => liveAttempt(world.job(id))?.hostName)
  expect(hostsOf([long, head])).toEqual(['h2', undefined])
  expect(world.state.reservations.get('q')!.claims).toEqual(new Map([['h2', { vcpus: 8, memoryMib: 512, gpus: 0 }]]))
  expect(hostsOf(small).filter((host) => host === 'h2')).toEqual([])
  expect(hostsOf(small).filter((host) => host !== undefined)).toHaveLength(8)
  end(world, running(world).find(({ jobId }) => jobId === long)!)
  place(world)
  expect(hostsOf([head])).toEqual(['h2'])
  expect(world.state.reservations.get('q')?.jobId).not.toBe(head)
})

test('a head that waits for a licence keeps it from later jobs, which may run without one', () => {
  const world = backfillWorld()
  world.do(createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 2 }))
  const licence = (quantity: number) => ({
    consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource: 'licence', quantity }] },
  })
  const holder = submit(world, licence(1))
  place(world)
  const head = submit(world, licence(2))
  const greedy = submit(world, licence(1))
  const frugal = submit(world)
  place(world)
  const statuses = () => [head, greedy, frugal].map((id) => world.job(id).state.status)
  expect(statuses()).toEqual(['RUNNABLE', 'RUNNABLE', 'STARTING'])
  end(world, running(world).find(({ jobId }) => jobId === holder)!)
  place(world)
  expect(statuses()).toEqual(['STARTING', 'RUNNABLE', 'STARTING'])
})

test('the children of an array that is the head reserve one after the other', () => {
  const world = backfillWorld()
  for (const vcpus of [4, 8, 6]) submit(world, { vcpus: vcpus - 1 })
  place(world)
  const array = submit(world, { vcpus: 4, arrayProperties: { size: 3 } })
  place(world)
  const ends = []
  for (let child = 0; child < 3; child++) {
    const { childIndex, claims } = world.state.reservations.get('q')!
    expect(childIndex).toBe(child)
    const [host] = claims.keys()
    ends.push(host)
    for (const one of running(world).filter(({ attempt }) => attempt.hostName === host)) end(world, one)
    place(world)
    expect(liveAttempt(world.job(`${array}:${child}`))).toBeDefined()
    if (world.state.reservations.get('q') === undefined) break
  }
  expect(ends.length).toBeGreaterThan(1)
})

describe('a head is not delayed by jobs that pass it', () => {
  /**
   * Submits a job for each one that ends, and ends running jobs from the oldest on, except those in
   * `stays`.
   */
  function stream(world: World, headId: string, stays: readonly string[], rounds: number, jobQueue = 'q'): number {
    for (let round = 0; round < rounds; round++) {
      if (liveAttempt(world.job(headId))) return round
      submit(world, { jobQueue })
      const ending = running(world).find(({ jobId }) => !stays.includes(jobId))
      if (ending) end(world, ending)
      world.now += 60_000
      place(world)
    }
    return Number.POSITIVE_INFINITY
  }

  test('when enough earlier jobs have ended, only jobs that fit beside the rest are added', () => {
    const world = backfillWorld()
    world.do(hostsSeen(hostOf('h1', { vcpus: 8, memoryMib: 65_536 })))
    const stays = submit(world, { vcpus: 2 })
    const [first, second] = [submit(world, { vcpus: 2 }), submit(world, { vcpus: 2 })]
    place(world)
    const head = submit(world, { vcpus: 5 })
    const small = Array.from({ length: 9 }, () => submit(world))
    place(world)
    const started = () => small.filter((id) => !world.state.jobs.has(id) || liveAttempt(world.job(id))).length
    expect(started()).toBe(2)
    for (const jobId of [first, second]) end(world, { jobId, attempt: liveAttempt(world.job(jobId))! })
    place(world)
    expect(started(), 'the head leaves over three of eight, and two are taken for long').toBe(2)
    for (const jobId of small.slice(0, 2)) end(world, { jobId, attempt: liveAttempt(world.job(jobId))! })
    place(world)
    expect(liveAttempt(world.job(head))).toBeDefined()
    expect(liveAttempt(world.job(stays))).toBeDefined()
  })

  test('a head that claimed a host with a long job claims more hosts as time goes by', () => {
    const world = backfillWorld()
    world.do(hostsSeen(...['h1', 'h2'].map((name) => hostOf(name, { vcpus: 8, memoryMib: 65_536 }))))
    world.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 64 } }))
    world.settle()
    const long = submit(world, { vcpus: 5 })
    const filling = Array.from({ length: 11 }, () => submit(world))
    place(world)
    const longHost = liveAttempt(world.job(long))!.hostName
    for (const jobId of filling)
      if (liveAttempt(world.job(jobId))!.hostName === longHost)
        end(world, { jobId, attempt: liveAttempt(world.job(jobId))! })
    const head = submit(world, { vcpus: 8 })
    place(world)
    expect([...world.state.reservations.get('q')!.claims.keys()], 'that with the most room').toEqual([longHost])
    expect(stream(world, head, [long], 40)).toBeLessThan(30)
    expect(liveAttempt(world.job(head))!.hostName).not.toBe(longHost)
  })

  test('other jobs of the head’s user do not take the user’s last places either', () => {
    const world = makeWorld(undefined, { ...rules, runningPerUser: 3 })
    world.checksEachStep = false
    world.do(hostsSeen(hostOf('h1', { vcpus: 4, memoryMib: 65_536 })))
    for (let at = 0; at < 3; at++) submit(world)
    place(world)
    const head = submit(world, { vcpus: 3 })
    expect(stream(world, head, [], 20)).toBeLessThan(10)
  })

  test('a head that lacks a licence leaves the hosts to others', () => {
    const world = backfillWorld()
    world.do(createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 1 }))
    const licensed = (vcpus: number) =>
      submit(world, {
        vcpus,
        consumableResourcePropertiesOverride: {
          consumableResourceList: [{ consumableResource: 'licence', quantity: 1 }],
        },
      })
    world.do(hostsSeen(hostOf('h1', { vcpus: 4 })))
    const holder = licensed(1)
    place(world)
    const head = licensed(3)
    const others = Array.from({ length: 3 }, () => submit(world))
    place(world)
    expect(others.map((id) => world.job(id).state.status)).toEqual(['STARTING', 'STARTING', 'STARTING'])
    end(world, { jobId: holder, attempt: liveAttempt(world.job(holder))! })
    expect(stream(world, head, [], 10)).toBeLessThan(10)
  })
})
