/** TagResource and UntagResource on everything that has an ARN. TagResource merges. */
import type { AccountResource } from '../../model/account-resource.ts'
import { type ParsedArn, parseArn } from '../../model/arn.ts'
import { type ComputeEnvironment, driverTag } from '../../model/compute-environment.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../model/refusal.ts'
import { checkTags } from '../../model/tags.ts'
import { findConsumableResource } from '../consumable-resource/read.ts'
import { type Command, events } from '../decision.ts'
import type { Event } from '../events.ts'
import { findQuotaShare } from '../quota-share/read.ts'
import { findSchedulingPolicy } from '../scheduling-policy/read.ts'
import { findServiceEnvironment } from '../service-environment/read.ts'
import { bytesOf } from '../state/held-bytes.ts'
import type { State } from '../state/state.ts'

type Tags = Readonly<Record<string, string>>

/** The tags of a job that has left memory, from the store. Only asked for ARNs of jobs. */
export type FinishedJobTags = (jobId: string) => Tags | undefined

/** Whether whoever asks may know of a job. Jobs that they may not know of are not found. */
export type SeesJobs = (owner: string) => boolean

const seesAll: SeesJobs = () => true

export function tagResource(resourceArn: string, tags: Tags, finished: FinishedJobTags, sees = seesAll): Command {
  return (state) => {
    const target = findTagged(state, resourceArn, finished, sees)
    if (isRefusal(target)) return target
    const complaint = checkTags(tags)
    if (complaint !== undefined) return refuse(complaint)
    const merged = { ...target.tags, ...tags }
    if (Object.keys(merged).length > limits.tags) return refuse(`A resource cannot have more than ${limits.tags} tags.`)
    const full = target.complainOf?.(bytesOf(merged) - bytesOf(target.tags))
    return full ?? events(target.withTags(merged))
  }
}

export function untagResource(
  resourceArn: string,
  tagKeys: readonly string[],
  finished: FinishedJobTags,
  sees = seesAll,
): Command {
  return (state) => {
    const target = findTagged(state, resourceArn, finished, sees)
    if (isRefusal(target)) return target
    const left = Object.fromEntries(Object.entries(target.tags).filter(([key]) => !tagKeys.includes(key)))
    return events(target.withTags(left))
  }
}

export interface Tagged {
  readonly tags: Tags
  /** Why that many more bytes cannot be held. Absent if the tagged resources are limited anyway. */
  readonly complainOf?: (bytes: number) => Refusal | undefined
  withTags(tags: Tags): Event
}

export function findTagged(
  state: State,
  resourceArn: string,
  finished: FinishedJobTags,
  sees = seesAll,
): Tagged | Refusal {
  const parsed = parseArn(resourceArn)
  if (!parsed) return refuse(`Invalid resource ARN: ${resourceArn}`)
  const found =
    parsed.account === state.account.account ? lookUp(state, resourceArn, parsed, finished, sees) : undefined
  return found ?? refuse(`Resource not found: ${resourceArn}`)
}

function lookUp(
  state: State,
  resourceArn: string,
  { kind, name }: ParsedArn,
  finished: FinishedJobTags,
  sees: SeesJobs,
): Tagged | Refusal | undefined {
  switch (kind) {
    case 'job': {
      if (/[:#]/.test(name))
        return refuse('Tags are not supported for the children of array jobs and the nodes of multi-node jobs.')
      const job = state.jobs.get(name)
      if (job && !sees(job.spec.owner)) return undefined
      const tags = job?.tags ?? finished(name)
      return (
        tags && {
          tags,
          withTags: (changed) => ({ type: 'jobTagsChanged', jobId: name, tags: changed }),
          ...(job && {
            complainOf: (bytes: number) =>
              state.liveJobBytes.complain('unfinished jobs', job.spec.owner, bytes, state.rules.liveJobBytes),
          }),
        }
      )
    }
    case 'job-definition': {
      const [family = '', revision] = name.split(':')
      const definition = revision === undefined ? undefined : state.jobDefinitions.find(family, Number(revision))
      return (
        definition && {
          tags: definition.tags,
          complainOf: (bytes) =>
            state.jobDefinitions.held.complain(
              'job definitions',
              definition.owner,
              bytes,
              state.rules.jobDefinitionBytes,
            ),
          withTags: (tags) => ({ type: 'jobDefinitionChanged', definition: { ...definition, tags } }),
        }
      )
    }
    case 'job-queue': {
      if (name.includes('/')) return ofResource(findQuotaShare(state, resourceArn))
      const jobQueue = state.jobQueues.get(name)
      return (
        jobQueue && {
          tags: jobQueue.tags,
          withTags: (tags) => ({ type: 'jobQueueChanged', jobQueue: { ...jobQueue, tags } }),
        }
      )
    }
    case 'compute-environment': {
      const computeEnvironment = state.computeEnvironments.get(name)
      return (
        computeEnvironment && {
          tags: computeEnvironment.tags,
          withTags: (tags) => ({
            type: 'computeEnvironmentChanged',
            computeEnvironment: retagged(computeEnvironment, tags, state.defaultDriver),
          }),
        }
      )
    }
    case 'scheduling-policy':
      return ofResource(findSchedulingPolicy(state, resourceArn))
    case 'consumable-resource':
      return ofResource(findConsumableResource(state, resourceArn))
    case 'service-environment':
      return ofResource(findServiceEnvironment(state, resourceArn))
    default:
      return undefined
  }
}

function ofResource(resource: AccountResource | undefined): Tagged | undefined {
  return (
    resource && {
      tags: resource.tags,
      withTags: (tags) => ({ type: 'resourceChanged', resource: { ...resource, tags } }),
    }
  )
}

/**
 * A tag names the driver. Changing it changes the environment, and is checked like any other
 * change. Running attempts stay where they are.
 */
function retagged(environment: ComputeEnvironment, tags: Tags, defaultDriver: string): ComputeEnvironment {
  if (tags[driverTag] === environment.tags[driverTag]) return { ...environment, tags }
  return { ...environment, tags, driver: tags[driverTag] ?? defaultDriver, status: 'UPDATING' }
}
