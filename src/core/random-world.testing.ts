/**
 * Random lives of a world: anything that users, operators, drivers and clocks may do, in any order,
 * sensible or not.
 */
import fc from 'fast-check'
import type { JobDependency } from '../model/generated/batch.ts'
import { type Job, liveAttempt } from '../model/job.ts'
import {
  deleteComputeEnvironment,
  settleComputeEnvironment,
  updateComputeEnvironment,
} from './compute-environment/decide.ts'
import { deleteConsumableResource, updateConsumableResource } from './consumable-resource/decide.ts'
import { driverSeen } from './instance/driver-seen.ts'
import { type AttemptOutcome, attemptEnded, attemptStarted, attemptTimedOut, containerSeen } from './job/attempt.ts'
import { cancelJob, terminateJob } from './job/cancel.ts'
import { holdAll, matchAttempts, releaseJobs } from './job/epoch.ts'
import { placeJobs, timeMayTell } from './job/place.ts'
import { cancelJobs, terminateJobs } from './job/stop-jobs.ts'
import { submitJob } from './job/submit.ts'
import { deleteJobQueue, settleJobQueue, updateJobQueue } from './job-queue/decide.ts'
import { allHosts, consumableNames, createConsumable, seeHosts } from './random-beginning.testing.ts'
import type { EndedJobs } from './submission/depends-on.ts'
import { tagResource } from './tag/decide.ts'
import { environmentRequest, hostOf, needs, queueRequest, type World } from './world.testing.ts'

const action = fc.constantFrom(
  ...([
    'submit',
    'submit',
    'submitArray',
    'submitArray',
    'submitAfter',
    'submitAfter',
    'submitPaired',
    'submitSequential',
    'submitNeedy',
    'submitNeedy',
    'submitWide',
    'submitWide',
    'submitWide',
    'submitNodes',
    'submitSpare',
    'place',
    'place',
    'place',
    'start',
    'start',
    'end',
    'end',
    'end',
  ] as const),
  ...([
    'end',
    'stale',
    'cancel',
    'cancelChild',
    'terminate',
    'terminateChild',
    'cancelMany',
    'terminateMany',
    'consumable',
    'deleteConsumable',
    'timeOut',
    'tag',
    'hosts',
    'hosts',
    'away',
    'back',
    'back',
    'limit',
    'wait',
    'seeContainer',
    'hold',
    'release',
    'release',
  ] as const),
  ...([
    'environment',
    'disable',
    'enable',
    'queue',
    'deleteQueue',
    'deleteEnvironment',
    'create',
    'settle',
    'settle',
  ] as const),
)
/** The action, and the numbers that choose its target. */
export const step = fc.record({ action, which: fc.nat(50), amount: fc.nat(11) })
export type Step = { action: Parameters<typeof take>[1]['action']; which: number; amount: number }

export const life = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' })

const wideQueues = ['cheap', 'thrifty', 'mixed', 'fair', 'q', 'urgent'] as const

const outcomes: readonly AttemptOutcome[] = [
  { kind: 'exited', exitCode: 0, outOfMemory: false, stoppedAtMs: 1 },
  { kind: 'exited', exitCode: 1, outOfMemory: false, stoppedAtMs: Number.MAX_SAFE_INTEGER },
  { kind: 'exited', exitCode: 137, outOfMemory: true, startedAtMs: 5, stoppedAtMs: 1 },
  { kind: 'exited', outOfMemory: false, stoppedAtMs: 1 },
  { kind: 'failedToStart', reason: 'CannotPullContainerError: none' },
  { kind: 'lost' },
]

/** The subject of a life: a world of the core alone, or one with a loop and a store around it. */
export type Living = Pick<World, 'state' | 'now' | 'try'> & { readonly finished: ReadonlyMap<string, Job> }

const sequential = { type: 'SEQUENTIAL' as const }

function submitAfter(world: Living, dependsOn: readonly JobDependency[], size: number | undefined) {
  const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', dependsOn }
  const array = size === undefined ? {} : { arrayProperties: { size } }
  return submitJob({ ...request, ...array }, 'ada', undefined, endedIn(world.finished))
}

function finishedArrays({ finished }: Living): Job[] {
  return [...finished.values()].filter((job) => job.spec.arraySize !== undefined && job.arrayIndex === undefined)
}

/** What a store would say about jobs that have left memory. */
export function endedIn(finished: ReadonlyMap<string, Job>): EndedJobs {
  return {
    job: (jobId) => finished.get(jobId),
    failedChildren(jobId) {
      const array = finished.get(jobId)!
      const halted = 'halted' in array.state && array.state.halted !== undefined
      return [...Array(array.spec.arraySize).keys()].filter((index) => {
        const child = finished.get(`${jobId}:${index}`)
        return child ? child.state.status === 'FAILED' : halted
      })
    },
  }
}

/** Every driver says what it has, and an operator releases the rest. */
export function releaseAll(world: Living): void {
  const attempts = [...world.state.jobs.values()].flatMap((job) => liveAttempt(job) ?? [])
  for (const driver of world.state.drivers.keys())
    world.try(
      matchAttempts(
        driver,
        attempts.filter((attempt) => attempt.driver === driver).map(({ name }) => name),
      ),
    )
  world.try(releaseJobs(undefined, new Set()))
}

/** Carries out one step. Refusals are part of life. */
export function take(
  world: Living,
  { action, which, amount }: { action: string; which: number; amount: number },
): void {
  const { state } = world
  const pick = <T>(from: readonly T[]): T | undefined => from[which % Math.max(1, from.length)]
  const jobs = [...state.jobs.values()]
  const arrays = jobs.filter((job) => job.spec.arraySize && job.arrayIndex === undefined)
  const live = jobs.filter((job) => liveAttempt(job))
  const ended = [...world.finished.keys()]
  const queue = which % 2 ? 'q' : 'urgent'
  const environment = which % 2 ? 'ce' : 'small'
  const consumable = consumableNames[which % 2]!
  const outcome = outcomes[amount % outcomes.length]!
  const jobId = pick(jobs)?.jobId ?? 'none'
  const childId = `${pick(arrays)?.jobId ?? 'none'}:${amount}`
  const running = pick(live)
  const report = { jobId: running?.jobId ?? 'none', attempt: running ? liveAttempt(running)!.number : 1 }
  switch (action) {
    case 'submitNeedy':
      return world.try(
        submitJob(
          {
            ...{ jobName: 'j', jobQueue: queue, jobDefinition: 'd', retryStrategy: { attempts: 2 } },
            ...(which % 3 ? {} : { arrayProperties: { size: 2 } }),
            consumableResourcePropertiesOverride: {
              consumableResourceList: consumableNames
                .slice(0, 1 + (which % 2))
                .map((name) => ({ consumableResource: name, quantity: 1 + (amount % 3) })),
            },
          },
          'ada',
        ),
      )
    case 'consumable':
      return world.try(updateConsumableResource({ consumableResource: consumable, operation: 'SET', quantity: amount }))
    case 'deleteConsumable':
      world.try(deleteConsumableResource(consumable))
      return world.try(createConsumable(consumable))
    case 'cancelMany':
    case 'terminateMany': {
      const children = [0, 1, 2].map((index) => `${pick(arrays)?.jobId ?? 'none'}:${(amount + index) % 6}`)
      const request = { jobs: [jobId, ...children, pick([...jobs].reverse())?.jobId ?? ''], reason: 'many' }
      return world.try((action === 'cancelMany' ? cancelJobs : terminateJobs)(request))
    }
    case 'submitWide': {
      const jobQueue = wideQueues[which % wideQueues.length]!
      const gpu = amount % 4 === 3 ? [{ type: 'GPU' as const, value: String(1 + (which % 2)) }] : []
      return world.try(
        submitJob(
          {
            ...{ jobName: 'j', jobQueue, jobDefinition: 'd' },
            retryStrategy: { attempts: 3, evaluateOnExit: [{ action: 'RETRY', onStatusReason: 'Host EC2*' }] },
            containerOverrides: {
              resourceRequirements: [...needs(1 + (amount % 6), 128 + 128 * (which % 5)), ...gpu],
            },
            ...(jobQueue === 'fair'
              ? { shareIdentifier: ['a1', 'a2', 'b', 'c'][amount % 4]!, schedulingPriorityOverride: which % 3 }
              : {}),
            ...(which % 5 ? {} : { arrayProperties: { size: 3 } }),
          },
          ['ada', 'bob', 'eve'][which % 3]!,
        ),
      )
    }
    case 'submitNodes':
      return world.try(
        submitJob(
          {
            ...{ jobName: 'j', jobQueue: ['cheap', 'q', 'urgent'][which % 3]!, jobDefinition: 'nodes' },
            nodeOverrides: { numNodes: 1 + (amount % 4) },
          },
          'ada',
        ),
      )
    case 'submitSpare':
      // Spot attempts side by side, so that on-demand work finds hosts that some of them have to
      // leave.
      return world.try(
        submitJob(
          {
            ...{ jobName: 'j', jobQueue: 'cheap', jobDefinition: 'd', arrayProperties: { size: 4 + (which % 5) } },
            containerOverrides: { resourceRequirements: needs(1 + (amount % 4), 128) },
          },
          ['bob', 'eve'][which % 2]!,
        ),
      )
    case 'limit': {
      const most = { 'openbatch:maxConcurrent': String(1 + (amount % 5)) }
      const array = `arn:aws:batch:us-west-2:123456789012:job/${pick(arrays)?.jobId ?? 'none'}`
      const name = wideQueues[which % wideQueues.length]!
      return world.try(
        tagResource(
          which % 2 ? array : `arn:aws:batch:us-west-2:123456789012:job-queue/${name}`,
          most,
          () => undefined,
        ),
      )
    }
    case 'wait':
      world.now += 1000 * 10 ** (amount % 4)
      // As a server does every few seconds.
      return timeMayTell(world.state) ? world.try(placeJobs()) : undefined
    case 'submit':
    case 'submitArray':
      return world.try(
        submitJob(
          {
            jobName: 'j',
            jobQueue: queue,
            jobDefinition: 'd',
            retryStrategy: { attempts: 1 + (which % 3) },
            timeout: { attemptDurationSeconds: 60 },
            containerOverrides: { resourceRequirements: needs(1 + (amount % 9), 256 + 128 * (which % 9)) },
            ...(action === 'submitArray' ? { arrayProperties: { size: 2 + (amount % 5) } } : {}),
          },
          'ada',
        ),
      )
    case 'submitAfter': {
      const ids = [...jobs.map((job) => job.jobId), ...ended, childId]
      const dependsOn = [0, 7, 13]
        .slice(0, 1 + (amount % 3))
        .map((offset) => ({ jobId: ids[(which + offset) % ids.length]! }))
      return world.try(submitAfter(world, dependsOn, amount % 4 === 0 ? 2 + (which % 4) : undefined))
    }
    case 'submitPaired': {
      const partner = pick([...arrays, ...finishedArrays(world)])
      if (!partner) return
      const dependsOn = [{ jobId: partner.jobId, type: 'N_TO_N' as const }, ...(amount % 3 ? [] : [sequential])]
      return world.try(submitAfter(world, dependsOn, partner.spec.arraySize))
    }
    case 'submitSequential':
      return world.try(
        submitAfter(world, [sequential, ...(jobs.length > 0 && amount % 2 ? [{ jobId }] : [])], 2 + (amount % 4)),
      )
    case 'place':
      return world.try(placeJobs())
    case 'start':
      return world.try(attemptStarted({ ...report, startedAtMs: world.now }))
    case 'end':
      return world.try(attemptEnded({ ...report, outcome }))
    case 'seeContainer':
      return world.try(containerSeen({ ...report, part: { node: 0, container: 0 }, run: { startedAtMs: world.now } }))
    case 'hold':
      // As after a restore: seldom, because nothing else happens meanwhile.
      return which % 8 === 0 ? world.try(holdAll()) : undefined
    case 'release':
      return releaseAll(world)
    case 'stale': {
      // A report about an earlier or later attempt, or about a job that ended long ago.
      const stale = { jobId: pick([...ended, ...jobs.map((job) => job.jobId)]) ?? 'none', attempt: amount % 5 }
      if (liveAttempt(state.jobs.get(stale.jobId) ?? ({ state: {} } as never))?.number === stale.attempt) return
      world.try(attemptStarted({ ...stale, startedAtMs: world.now }))
      return world.try(attemptEnded({ ...stale, outcome }))
    }
    case 'cancel':
      return world.try(cancelJob({ jobId, reason: 'cancelled' }))
    case 'terminate':
      return world.try(terminateJob({ jobId, reason: 'terminated' }))
    case 'cancelChild':
      return world.try(cancelJob({ jobId: childId, reason: 'cancelled' }))
    case 'terminateChild':
      return world.try(terminateJob({ jobId: childId, reason: 'terminated' }))
    case 'timeOut':
      if (amount > 3) world.now += 60_000
      return world.try(attemptTimedOut(report))
    case 'tag':
      return world.try(
        tagResource(`arn:aws:batch:us-west-2:123456789012:job/${jobId}`, { k: String(amount) }, () => undefined),
      )
    case 'hosts':
      return seeHosts(
        world,
        which % 3 === 0
          ? allHosts
          : [hostOf('h1', { vcpus: 1 + (amount % 5) }), ...allHosts.slice(1)].slice(which % 2, 1 + (which % 4)),
      )
    case 'away':
      return world.try(driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'away' } }))
    case 'back': {
      const { hosts } = state.drivers.get('scripted')!
      return world.try(driverSeen({ driver: 'scripted', health: { kind: 'healthy' }, hosts }))
    }
    case 'environment':
      return world.try(
        updateComputeEnvironment({ computeEnvironment: environment, computeResources: { maxvCpus: 1 + amount } }),
      )
    case 'disable':
      world.try(updateComputeEnvironment({ computeEnvironment: environment, state: 'DISABLED' }))
      return world.try(updateJobQueue({ jobQueue: queue, state: 'DISABLED' }))
    case 'enable':
      world.try(updateComputeEnvironment({ computeEnvironment: environment, state: 'ENABLED' }))
      return world.try(updateJobQueue({ jobQueue: queue, state: 'ENABLED' }))
    case 'queue':
      return world.try(
        updateJobQueue({
          jobQueue: queue,
          priority: amount,
          computeEnvironmentOrder: [{ order: 1, computeEnvironment: environment }],
        }),
      )
    case 'deleteQueue':
      return world.try(deleteJobQueue(queue))
    case 'deleteEnvironment':
      return world.try(deleteComputeEnvironment(environment))
    case 'create':
      world.try(environmentRequest(environment, amount + 1))
      return world.try(queueRequest(queue, [environment]))
    case 'settle':
      for (const name of state.computeEnvironments.keys()) world.try(settleComputeEnvironment(name))
      for (const name of state.jobQueues.keys()) world.try(settleJobQueue(name))
      return
    default:
      throw new Error(`no such step: ${action}`)
  }
}
