/** Events → what the store must hold after them. Read from the evolved state, so a job that moved twice is written once. */
import type { Event } from '../../core/events.ts'
import { resourcesOfKind, type State } from '../../core/state/state.ts'
import type { AccountResource, AccountResourceKind } from '../../model/account-resource.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { Job } from '../../model/job.ts'
import type { JobDefinition } from '../../model/job-definition.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import type { Changes, RecordedCall, ShareUseRecord } from '../../store/store.ts'

export function changesOf(
  state: State,
  events: readonly Event[],
  calls: readonly RecordedCall[],
  forgetCallsBeforeMs: number,
  outbox: readonly OutboxEntry[] = [],
): Changes {
  const newJobs = new Set<string>()
  const jobs = new Set<string>()
  const finishedJobTags = new Map<string, Readonly<Record<string, string>>>()
  const definitions = new Map<string, JobDefinition>()
  const goneDefinitions: { name: string; revision: number }[] = []
  const queues = new Set<string>()
  const environments = new Set<string>()
  const resources = new Map<string, AccountResourceKind>()
  for (const event of events) {
    switch (event.type) {
      case 'driverSeen':
      case 'endsUnread':
      case 'jobParked':
      case 'schedulingDone':
      case 'headReserved':
      case 'stuckSeen':
      case 'endsFollowed':
      case 'childDependenciesFailed':
        break
      case 'jobSubmitted':
      case 'childSpawned':
        newJobs.add(event.jobId)
        break
      case 'jobDefinitionChanged':
        definitions.set(`${event.definition.name}:${event.definition.revision}`, event.definition)
        break
      case 'jobDefinitionGone':
        goneDefinitions.push({ name: event.name, revision: event.revision })
        break
      case 'jobQueueChanged':
        queues.add(event.jobQueue.name)
        break
      case 'jobQueueGone':
        queues.add(event.name)
        break
      case 'computeEnvironmentChanged':
        environments.add(event.computeEnvironment.name)
        break
      case 'computeEnvironmentGone':
        environments.add(event.name)
        break
      case 'resourceChanged':
        resources.set(event.resource.arn, event.resource.kind)
        break
      case 'resourceGone':
        resources.set(event.arn, event.kind)
        break
      default:
        if (event.type === 'jobTagsChanged' && !state.jobs.has(event.jobId))
          finishedJobTags.set(event.jobId, event.tags)
        else if (!newJobs.has(event.jobId)) jobs.add(event.jobId)
    }
  }
  const there = <T>(ids: Iterable<string>, map: ReadonlyMap<string, T>) =>
    [...ids].flatMap((id) => (map.has(id) ? [map.get(id)!] : []))
  const gone = (ids: Iterable<string>, map: ReadonlyMap<string, unknown>) => [...ids].filter((id) => !map.has(id))
  const found = [...resources].map(([arn, kind]) => ({ arn, kind, resource: resourcesOfKind(state, kind).get(arn) }))
  return {
    newJobs: there<Job>(newJobs, state.jobs),
    jobs: there<Job>(jobs, state.jobs),
    finishedJobTags,
    jobDefinitions: [...definitions.values()],
    goneJobDefinitions: goneDefinitions,
    jobQueues: there<JobQueue>(queues, state.jobQueues),
    goneJobQueues: gone(queues, state.jobQueues),
    computeEnvironments: there<ComputeEnvironment>(environments, state.computeEnvironments),
    goneComputeEnvironments: gone(environments, state.computeEnvironments),
    resources: found.flatMap(({ resource }): AccountResource[] => (resource ? [resource] : [])),
    goneResources: found.flatMap(({ arn, kind, resource }) => (resource ? [] : [{ arn, kind }])),
    shareUses: shareUsesOf(state, events),
    outbox,
    calls,
    forgetCallsBeforeMs,
  }
}

/** Of the shares whose use was written down anew. */
function shareUsesOf(state: State, events: readonly Event[]): ShareUseRecord[] {
  const touched = new Map<string, ShareUseRecord>()
  for (const event of events) {
    const spec = 'jobId' in event ? state.jobs.get(event.jobId)?.spec : undefined
    const use =
      spec?.shareIdentifier === undefined ? undefined : state.shares.get(spec.jobQueue)?.get(spec.shareIdentifier)
    if (!spec?.shareIdentifier || !use) continue
    const { jobQueue, shareIdentifier } = spec
    touched.set(`${jobQueue} ${shareIdentifier}`, { jobQueue, shareIdentifier, average: use.average, atMs: use.atMs })
  }
  return [...touched.values()]
}
