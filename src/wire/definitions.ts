/** `POST /api/job-definitions/prune`; docs/operate/limits.md. */

export interface PruneAnswer {
  readonly deleted: number
  /** Whether to call again: each call deletes some. */
  readonly more: boolean
}
