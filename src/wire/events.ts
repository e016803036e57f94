/** `GET /api/events`: server-sent events about what changes; docs/use/api.md. */
import type { JobStatusName } from './jobs.ts'

/** The field `event` of each, and its `data` as JSON. */
export type WatchedEvent =
  | { readonly event: 'ready'; readonly data: Readonly<Record<string, string>> }
  | { readonly event: 'job'; readonly data: JobChange }
  | { readonly event: 'queue' | 'environment'; readonly data: ResourceChange }
  | { readonly event: 'reset' | 'end'; readonly data: StreamNotice }

/** The job is as this says, or newer. Several changes may come as one. */
export interface JobChange {
  /** For a child of an array, `id:index`. */
  readonly jobId: string
  readonly jobQueue: string
  /** The user who submitted it. */
  readonly user: string
  readonly status: JobStatusName
}

/** A job queue or a compute environment was made, changed or deleted. */
export interface ResourceChange {
  readonly name: string
}

/**
 * `reset`: changes are missing, so everything must be read again. `end`: the caller may not watch any
 * longer.
 */
export interface StreamNotice {
  /** A sentence. */
  readonly why: string
}
