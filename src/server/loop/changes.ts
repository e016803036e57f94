/**
 * Turns events into what the store must hold after them. The changes are read from the evolved
 * state, so a job that moved twice is written once.
 */
import type { Event } from '../../core/events.ts'
import { resourcesOfKind, type State } from '../../core/state/state.ts'
import { type EventOf, type Subject, subjects } from '../../core/subject.ts'
import type { AccountResource, AccountResourceKind } from '../../model/account-resource.ts'
import type { JobDefinition } from '../../model/job-definition.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import type { Changes, RecordedCall, ShareUseRecord } from '../../store/store.ts'

type Tags = Readonly<Record<string, string>>

/** The changes of one turn. */
export class TurnChanges {
  readonly #state: State
  readonly #newJobs = new Set<string>()
  readonly #jobs = new Set<string>()
  readonly #finishedJobTags = new Map<string, Tags>()
  readonly #definitions = new Map<string, JobDefinition>()
  readonly #goneDefinitions: { name: string; revision: number }[] = []
  readonly #queues = new Set<string>()
  readonly #environments = new Set<string>()
  readonly #resources = new Map<string, AccountResourceKind>()

  /** `events` are those by which the state has already evolved. */
  constructor(state: State, events: readonly Event[]) {
    this.#state = state
    for (const event of events) this.#notes[subjects[event.type]](event as never)
  }

  /** What to do about an event of each subject. */
  readonly #notes: { readonly [S in Subject]: (event: EventOf<S>) => void } = {
    newJob: ({ jobId }) => void this.#newJobs.add(jobId),
    job: ({ jobId }) => this.#noteJob(jobId),
    jobTags: ({ jobId, tags }) =>
      this.#state.jobs.has(jobId) ? this.#noteJob(jobId) : void this.#finishedJobTags.set(jobId, tags),
    jobDefinition: (event) => this.#noteDefinition(event),
    jobQueue: (event) => void this.#queues.add('jobQueue' in event ? event.jobQueue.name : event.name),
    computeEnvironment: (event) =>
      void this.#environments.add('computeEnvironment' in event ? event.computeEnvironment.name : event.name),
    resource: (event) => {
      const { arn, kind } = 'resource' in event ? event.resource : event
      this.#resources.set(arn, kind)
    },
    passing: () => {},
  }

  #noteJob(jobId: string): void {
    if (!this.#newJobs.has(jobId)) this.#jobs.add(jobId)
  }

  #noteDefinition(event: EventOf<'jobDefinition'>): void {
    if ('definition' in event)
      this.#definitions.set(`${event.definition.name}:${event.definition.revision}`, event.definition)
    else this.#goneDefinitions.push({ name: event.name, revision: event.revision })
  }

  /** Whether no event concerns anything that is kept. */
  get isEmpty(): boolean {
    return (
      this.#newJobs.size === 0 &&
      this.#jobs.size === 0 &&
      this.#finishedJobTags.size === 0 &&
      this.#definitions.size === 0 &&
      this.#goneDefinitions.length === 0 &&
      this.#queues.size === 0 &&
      this.#environments.size === 0 &&
      this.#resources.size === 0
    )
  }

  /** Adds what else is written in the same transaction. */
  withCalls(calls: readonly RecordedCall[], forgetCallsBeforeMs: number, outbox: readonly OutboxEntry[] = []): Changes {
    const state = this.#state
    const resources = [...this.#resources].map(([arn, kind]) => ({
      ...{ arn, kind, resource: resourcesOfKind(state, kind).get(arn) },
    }))
    return {
      newJobs: there(this.#newJobs, state.jobs),
      jobs: there(this.#jobs, state.jobs),
      finishedJobTags: this.#finishedJobTags,
      jobDefinitions: [...this.#definitions.values()],
      goneJobDefinitions: this.#goneDefinitions,
      jobQueues: there(this.#queues, state.jobQueues),
      goneJobQueues: gone(this.#queues, state.jobQueues),
      computeEnvironments: there(this.#environments, state.computeEnvironments),
      goneComputeEnvironments: gone(this.#environments, state.computeEnvironments),
      resources: resources.flatMap(({ resource }): AccountResource[] => (resource ? [resource] : [])),
      goneResources: resources.flatMap(({ arn, kind, resource }) => (resource ? [] : [{ arn, kind }])),
      shareUses: this.#shareUses(),
      ...{ outbox, calls, forgetCallsBeforeMs },
    }
  }

  /** The shares whose use is written down anew. */
  #shareUses(): ShareUseRecord[] {
    const { jobs, shares } = this.#state
    const touched = new Map<string, ShareUseRecord>()
    for (const jobId of [...this.#newJobs, ...this.#jobs]) {
      const { jobQueue, shareIdentifier } = jobs.get(jobId)?.spec ?? {}
      if (jobQueue === undefined || shareIdentifier === undefined) continue
      const use = shares.get(jobQueue)?.get(shareIdentifier)
      if (use)
        touched.set(`${jobQueue} ${shareIdentifier}`, {
          jobQueue,
          shareIdentifier,
          average: use.average,
          atMs: use.atMs,
        })
    }
    return [...touched.values()]
  }
}

function there<T>(ids: Iterable<string>, map: ReadonlyMap<string, T>): T[] {
  return [...ids].flatMap((id) => (map.has(id) ? [map.get(id)!] : []))
}

function gone(ids: Iterable<string>, map: ReadonlyMap<string, unknown>): string[] {
  return [...ids].filter((id) => !map.has(id))
}
