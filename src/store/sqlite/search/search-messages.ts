/** What the store and its searching thread say to each other. */
import type { CountedJobs, FoundJobs, JobCount, JobSearch } from '../../search/job-search.ts'

export interface SearchWorkerData {
  /** The database's file. */
  readonly path: string
  /** Jobs that are searched, the newest. */
  readonly most: number
  /** Jobs that the beginning of an id finds. */
  readonly idsFound: number
}

export interface ToSearchWorker {
  /** Seqs of jobs whose rows changed or are gone. */
  readonly changed?: Float64Array | undefined
  /** Ids of jobs of which the same is true. */
  readonly tagged?: readonly string[] | undefined
  readonly asked?: SearchAsked
}

export interface SearchAsked {
  readonly id: number
  readonly search: JobSearch | JobCount
  /** ms since 1970. */
  readonly deadlineMs: number
  /** Shared: 1 once nobody waits for the answer. */
  readonly cancelled: Int32Array
}

export type FromSearchWorker =
  | { readonly id: number; readonly answer: FoundJobs | CountedJobs }
  /** At the deadline: before the search began, or while it ran. */
  | { readonly id: number; readonly givenUp: 'early' | 'late' }
