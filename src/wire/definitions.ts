/** `POST /api/job-definitions/prune`; docs/operate/limits.md. */

export interface PruneAnswer {
  readonly deleted: number
  /** Whether to ask again: a call deletes some at a time. */
  readonly more: boolean
}
