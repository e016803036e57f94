/**
 * A store is the durable memory of one installation. `append` writes everything that was decided.
 * When it returns, the changes are on disk: they survive `kill -9` and, if the disk honours fsync,
 * power loss. Every method is synchronous, because the loop does one thing at a time.
 */
import type { AccountResource, AccountResourceKind } from '../model/account-resource.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import { isTerminal, type Job, type JobStatus } from '../model/job.ts'
import type { JobDefinition } from '../model/job-definition.ts'
import type { JobQueue } from '../model/job-queue.ts'
import type { TimeMs } from '../model/time.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'
import type { JobSearches } from './search/job-search.ts'
import type { TextMatch } from './text-match.ts'

export type { TextMatch }

export interface Store {
  /**
   * Everything a server holds in memory: live jobs, and everything that is not a job.
   */
  load(): Loaded

  /**
   * Only the compute environments. They tell which drivers must exist before everything is loaded.
   */
  loadComputeEnvironments(): ComputeEnvironment[]

  /**
   * Writes all changes in one transaction. Throws `StoreFailure` if the transaction could not be
   * made durable; then nothing has changed.
   */
  append(changes: Changes): void

  /** The answer recorded under this key at or after `sinceMs`. */
  findCall(key: string, sinceMs: TimeMs): string | undefined

  /**
   * The jobs with these ids, live or finished. A child without a record of its own is not found.
   */
  getJobs(jobIds: readonly string[]): Map<string, Job>

  /** When a job was submitted, live or finished. Reads nothing else of the job. */
  createdAtMs(jobId: string): TimeMs | undefined

  /** A page of jobs, newest first (children by index). Live jobs are as last appended. */
  listJobs(query: JobQuery): Job[]

  /**
   * A page of the ended jobs that needed a consumable resource, newest first, without array
   * children.
   */
  listJobsNeeding(query: NeedQuery): Job[]

  /**
   * Deletes jobs that were submitted and ended before a moment, children with their array. The work
   * of one call is bounded and durable; the caller continues from `lookedUpTo`. Throws
   * `StoreFailure` if it could not be made durable.
   */
  deleteJobs(old: OldJobs): DeletedJobs

  /** Job definitions, each revision as it was last appended. */
  readonly definitions: DefinitionShelf

  /** Searches, which are answered off the loop's thread. */
  readonly searches: JobSearches

  /** Events that wait for files and webhooks. */
  readonly outbox: Outbox

  /** Values of the installation itself: its id, the schema's version. */
  getSetting(key: string): string | undefined
  /** Durable when it returns. Throws `StoreFailure` as `append` does. */
  putSetting(key: string, value: string): void

  close(): void
}

/** Any number of definitions, each read on request. */
export interface DefinitionShelf {
  find(name: string, revision: number): JobDefinition | undefined
  /** The newest ACTIVE revision below `belowRevision`. */
  newestActive(name: string, belowRevision: number): JobDefinition | undefined
  /** The last revision ever appended under the name, even if it was deleted; 0 for none. */
  lastRevision(name: string): number
  /** Sorted by name, with the newest revision of each name first. */
  list(query: DefinitionQuery): JobDefinition[]
}

export interface DefinitionQuery {
  readonly name?: string | undefined
  readonly status?: string | undefined
  readonly owner?: string | undefined
  /** Continue after this one. */
  readonly after?: { readonly name: string; readonly revision: number } | undefined
  readonly limit: number
}

export interface Loaded {
  /** In order of submission. Array parents carry the states of their children. */
  readonly jobs: readonly Job[]
  /** The bytes of JSON that each user's definitions take. */
  readonly definitionBytes: ReadonlyMap<string, number>
  readonly jobQueues: readonly JobQueue[]
  readonly computeEnvironments: readonly ComputeEnvironment[]
  readonly resources: readonly AccountResource[]
  readonly shareUses: readonly ShareUseRecord[]
  readonly nextSeq: number
}

/** The vCPUs that a share of a queue held on average. Recent time counts more. */
export interface ShareUseRecord {
  readonly jobQueue: string
  readonly shareIdentifier: string
  readonly average: number
  readonly atMs: TimeMs
}

export interface Changes {
  /** Jobs seen for the first time. */
  readonly newJobs: readonly Job[]
  /** Jobs that changed. Their spec is unchanged. */
  readonly jobs: readonly Job[]
  /** Jobs that are no longer in memory. */
  readonly finishedJobTags: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly jobDefinitions: readonly JobDefinition[]
  readonly goneJobDefinitions: readonly { readonly name: string; readonly revision: number }[]
  readonly jobQueues: readonly JobQueue[]
  readonly goneJobQueues: readonly string[]
  readonly computeEnvironments: readonly ComputeEnvironment[]
  readonly goneComputeEnvironments: readonly string[]
  readonly resources: readonly AccountResource[]
  /** The present use of each share. A deleted queue's uses are deleted too. */
  readonly shareUses: readonly ShareUseRecord[]
  readonly goneResources: readonly { readonly kind: AccountResourceKind; readonly arn: string }[]
  /** Events to deliver in this order. Empty without a subscriber. */
  readonly outbox: readonly OutboxEntry[]
  readonly calls: readonly RecordedCall[]
  /** Calls recorded before this are forgotten. */
  readonly forgetCallsBeforeMs: TimeMs
}

/** An accepted call, so that its repeat gets the same answer (docs/promises.md, 2). */
export interface RecordedCall {
  readonly key: string
  readonly answer: string
  readonly atMs: TimeMs
}

export interface OldJobs {
  readonly endedBeforeMs: TimeMs
  /** Looks at the jobs submitted after the one with this seq; 0 begins. */
  readonly afterSeq: number
  /** How many records to examine; deleting then stops. One array is deleted as a whole. */
  readonly limit: number
}

export interface DeletedJobs {
  /** How many records were deleted, those of children included. */
  readonly deleted: number
  /** Undefined when there is nothing left to examine. */
  readonly lookedUpTo: number | undefined
}

export interface JobQuery {
  /** The jobs of a queue (array children are not among them), or the children of an array. */
  readonly scope: { readonly jobQueue: string } | { readonly parentId: string }
  /** Only jobs of these users. Indexed for the ended jobs of a queue. */
  readonly owners?: readonly string[] | undefined
  readonly status?: JobStatus
  /**
   * Leaves out live jobs, which memory answers for. Filters other than status are indexed for ended
   * jobs only.
   */
  readonly finishedOnly?: boolean
  /** Compared without regard to case. */
  readonly jobName?: TextMatch
  /** The definition's ARN with revision. */
  readonly jobDefinition?: TextMatch
  readonly shareIdentifier?: TextMatch
  /** Exclusive. */
  readonly createdBeforeMs?: TimeMs
  readonly createdAfterMs?: TimeMs
  /** Continue after the job with this seq (or, among children, this index). */
  readonly after?: number
  readonly limit: number
}

export interface NeedQuery {
  /** ARN of the consumable resource. */
  readonly consumable: string
  /** Only jobs of these users. */
  readonly owners?: readonly string[] | undefined
  readonly status?: JobStatus
  /** Compared without regard to case. */
  readonly jobName?: TextMatch
  /** Continue after the job with this seq. */
  readonly after?: number
  readonly limit: number
}

/** Whether the job meets the query, apart from its scope and its place in the list. */
export function matchesQuery(job: Job, query: JobQuery): boolean {
  const { spec } = job
  const text = (value: string, match: TextMatch | undefined) =>
    !match || (match.prefix ? value.startsWith(match.text) : value === match.text)
  return (
    (query.owners === undefined || query.owners.includes(spec.owner)) &&
    (query.status === undefined || job.state.status === query.status) &&
    (!query.finishedOnly || isTerminal(job.state.status)) &&
    text(spec.jobName.toLowerCase(), query.jobName && { ...query.jobName, text: query.jobName.text.toLowerCase() }) &&
    text(spec.jobDefinition, query.jobDefinition) &&
    (!query.shareIdentifier ||
      (spec.shareIdentifier !== undefined && text(spec.shareIdentifier, query.shareIdentifier))) &&
    (query.createdBeforeMs === undefined || spec.createdAtMs < query.createdBeforeMs) &&
    (query.createdAfterMs === undefined || spec.createdAtMs > query.createdAfterMs)
  )
}

/** Whether the job, live or ended, meets the query, apart from its place in the list. */
export function matchesNeed(job: Job, { consumable, owners, status, jobName }: NeedQuery): boolean {
  if (job.arrayIndex !== undefined || !job.spec.consumables?.some(({ arn }) => arn === consumable)) return false
  if (owners && !owners.includes(job.spec.owner)) return false
  if (status !== undefined && job.state.status !== status) return false
  const name = job.spec.jobName.toLowerCase()
  const text = jobName?.text.toLowerCase() ?? ''
  return !jobName || (jobName.prefix ? name.startsWith(text) : name === text)
}

/**
 * The store could not be read, or a write did not become durable, because the disk is full or
 * broken. Unless `isUnsure` is set, the write has changed nothing.
 */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
  /**
   * The disk failed during the write, which may have succeeded all the same. The store must be read
   * again.
   */
  readonly isUnsure: boolean

  constructor(message: string, options: ErrorOptions & { readonly isUnsure?: boolean } = {}) {
    super(message, options)
    this.isUnsure = options.isUnsure ?? false
  }
}

export function noChanges(): Changes {
  return {
    newJobs: [],
    jobs: [],
    finishedJobTags: new Map(),
    jobDefinitions: [],
    goneJobDefinitions: [],
    jobQueues: [],
    goneJobQueues: [],
    computeEnvironments: [],
    goneComputeEnvironments: [],
    resources: [],
    shareUses: [],
    goneResources: [],
    outbox: [],
    calls: [],
    forgetCallsBeforeMs: 0,
  }
}
