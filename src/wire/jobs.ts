/** `GET /api/jobs` and `GET /api/jobs/counts`: searches over all jobs; docs/use/finding-jobs.md. */

export type JobStatusName = 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'

export interface JobsAnswer {
  /** A page in the order that was asked for. A job that no longer meets the filter is left out. */
  readonly jobs: readonly JobRowAnswer[]
  /** How many jobs meet the filter, on all pages. */
  readonly total: number
  /** For the next page. Absent on the last one. */
  readonly nextToken?: string
  /** Set if there are no jobs: how many there are without one of the filters, the most first. */
  readonly hiddenBy?: readonly HidingFilter[]
  /** How many old jobs are no longer searched. Absent: none. */
  readonly tooOld?: number
}

export interface HidingFilter {
  /** The name of the parameter. */
  readonly filter: string
  readonly jobs: number
}

export interface JobRowAnswer {
  /** For a child of an array, `id:index`. */
  readonly jobId: string
  readonly jobName: string
  readonly jobQueue: string
  /** The user who submitted it. */
  readonly user: string
  readonly status: JobStatusName
  /** Why it waits, or how it ended: a sentence. */
  readonly statusReason?: string
  /** Name and revision. */
  readonly jobDefinition: string
  /** Times are ms since 1970. */
  readonly createdAtMs: number
  /** Of the last attempt. */
  readonly startedAtMs?: number
  readonly stoppedAtMs?: number
  /** Of the last attempt of a job that has ended. */
  readonly exitCode?: number
  /** Attempts that ended, and the one under way. */
  readonly attempts: number
  /** Set for an array. */
  readonly arraySize?: number
  /** Set for an array: how many children have each status. Statuses without children are left out. */
  readonly children?: StatusCountsAnswer
  /** Set for a child of an array. */
  readonly arrayIndex?: number
  readonly shareIdentifier?: string
  readonly tags: Readonly<Record<string, string>>
}

/** Statuses without jobs are left out. */
export type StatusCountsAnswer = { readonly [Status in JobStatusName]?: number }

export interface JobCountsAnswer {
  readonly total: number
  readonly byStatus: StatusCountsAnswer
  /** Set if groups were asked for. The largest first. */
  readonly groups?: readonly JobGroupAnswer[]
  /** How many smaller groups there are. */
  readonly moreGroups?: number
  /** How many old jobs are no longer counted. Absent: none. */
  readonly tooOld?: number
}

export interface JobGroupAnswer {
  /** Null: the jobs without the value, as without an exit code or the tag. */
  readonly key: string | null
  readonly total: number
  readonly byStatus: StatusCountsAnswer
}
