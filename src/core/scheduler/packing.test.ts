/** Which host a job is placed on, and which jobs and queues are no longer examined. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { Explainer } from '../explain/explain.ts'
import { codeOf } from '../explain/wait-reason.ts'
import { placeJobs } from '../job/place.ts'
import { registerJobDefinition } from '../job-definition/decide.ts'
import { deleteJobQueue, updateJobQueue } from '../job-queue/decide.ts'
import { rulesOfAws } from '../state/state.ts'
import {
  environmentRequest,
  hostOf,
  hostsSeen,
  makeWorld,
  needs,
  place,
  queueRequest,
  submit,
  type World,
} from '../world.testing.ts'

const hostNameOf = (world: World, jobId: string) => liveAttempt(world.job(jobId))?.hostName
const status = (world: World, jobId: string) => world.job(jobId).state.status

describe('among the hosts that can hold a job, the fullest gets it', () => {
  test('so that the large host is there for the large job', () => {
    const world = makeWorld()
    world.do(hostsSeen(hostOf('large', { vcpus: 8 }), hostOf('small', { vcpus: 3 }), hostOf('middle', { vcpus: 4 })))
    const ids = [1, 2, 4, 8].map((vcpus) => submit(world, { vcpus }))
    place(world)
    expect(ids.map((jobId) => hostNameOf(world, jobId))).toEqual(['small', 'small', 'middle', 'large'])
  })

  test('one after the other, whatever is free and whatever they request', () => {
    const sizes = fc.record({ vcpus: fc.integer({ min: 1, max: 8 }), memoryMib: fc.constantFrom(256, 1024, 4096) })
    const hosts = fc.array(
      fc.record({ vcpus: fc.integer({ min: 2, max: 16 }), memoryMib: fc.constantFrom(2048, 8192) }),
      {
        minLength: 2,
        maxLength: 6,
      },
    )
    let chosen = 0
    fc.assert(
      fc.property(hosts, fc.array(fc.array(sizes, { maxLength: 5 }), { maxLength: 6 }), (capacities, batches) => {
        const world = makeWorld()
        world.checksEachStep = false
        world.do(environmentRequest('all', 1000))
        world.settle()
        world.do(queueRequest('wide', ['all']))
        world.settle()
        world.do(hostsSeen(...capacities.map((capacity, at) => hostOf(`h${at}`, capacity))))
        world.lookAway()
        const free = new Map(capacities.map((capacity, at) => [`h${at}`, { ...capacity }]))
        for (const batch of batches) {
          for (const { vcpus, memoryMib } of batch)
            submit(world, {
              jobQueue: 'wide',
              containerOverrides: { resourceRequirements: needs(vcpus, memoryMib) },
            })
          place(world)
          for (const event of world.lookAway()) {
            if (event.type !== 'attemptPlaced') continue
            const { vcpus, memoryMib } = world.job(event.jobId).spec.resources
            const could = [...free.values()].filter((it) => it.vcpus >= vcpus && it.memoryMib >= memoryMib)
            const taken = free.get(event.attempt.hostName)!
            expect(taken.vcpus).toBe(Math.min(...could.map((it) => it.vcpus)))
            if (could.some((it) => it.vcpus > taken.vcpus)) chosen++
            taken.vcpus -= vcpus
            taken.memoryMib -= memoryMib
          }
        }
      }),
      { numRuns: 100 },
    )
    expect(chosen, 'there was a choice').toBeGreaterThan(100)
  })
})

describe.each([
  { name: 'as on AWS', rules: rulesOfAws },
  { name: 'with backfill', rules: { ...rulesOfAws, backfill: true } },
])('$name', ({ rules }) => {
  test('jobs of a queue that is being deleted are not placed, and block nobody', () => {
    const world = makeWorld(undefined, rules)
    world.do(queueRequest('other', ['ce'], 0))
    world.settle()
    const holder = submit(world, { vcpus: 4, jobQueue: 'other' })
    place(world)
    const doomed = [submit(world, { vcpus: 4 }), submit(world, { vcpus: 1 })]
    const next = submit(world, { vcpus: 1, jobQueue: 'other' })
    place(world)
    world.do(updateJobQueue({ jobQueue: 'q', state: 'DISABLED' }))
    world.settle()
    world.do(deleteJobQueue('q'))
    world.do(hostsSeen(hostOf('h1'), hostOf('h2')))
    expect(world.state.jobQueues.get('q')!.status).toBe('DELETING')
    expect(doomed.map((jobId) => status(world, jobId))).toEqual(['RUNNABLE', 'RUNNABLE'])
    place(world)
    const all = [...doomed, next, holder]
    expect(all.map((jobId) => status(world, jobId))).toEqual(['RUNNABLE', 'RUNNABLE', 'STARTING', 'STARTING'])
    for (const jobId of doomed)
      expect(new Explainer(world.state, world.now).why(world.job(jobId))).toEqual([{ kind: 'queueBeingDeleted' }])
  })

  test('a job whose nodes fit one by one but not all at once is parked, says so, and blocks nobody', () => {
    const world = makeWorld(undefined, rules)
    world.do(hostsSeen(hostOf('h1'), hostOf('h2')))
    const container = { image: 'busybox', resourceRequirements: needs(3, 128) }
    const nodeRangeProperties = [{ targetNodes: '0:', container }]
    const nodeProperties = { numNodes: 3, mainNode: 0, nodeRangeProperties }
    world.do(registerJobDefinition({ jobDefinitionName: 'nodes', type: 'multinode', nodeProperties }, 'ada'))
    const three = submit(world, { jobDefinition: 'nodes' })
    const two = submit(world, { jobDefinition: 'nodes', nodeOverrides: { numNodes: 2 } })
    const small = submit(world)
    place(world)
    expect([three, two, small].map((jobId) => status(world, jobId))).toEqual(['RUNNABLE', 'STARTING', 'STARTING'])
    expect([...world.state.waiting.get('q')!.parked]).toEqual([three])
    expect(world.state.reservations.size).toBe(0)
    const [reason] = new Explainer(world.state, world.now).why(world.job(three))
    expect(reason).toMatchObject({ kind: 'exceedsHosts', wanted: { vcpus: 9 }, largest: { vcpus: 8 } })
    expect(codeOf(reason!)).toBe('MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT')
    world.do(hostsSeen(hostOf('h1'), hostOf('h2'), hostOf('h3'), hostOf('h4', { vcpus: 6 })))
    world.do(placeJobs())
    expect(status(world, three)).toBe('STARTING')
  })
})
