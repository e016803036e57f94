/** `GET /api/jobs/{id}/story`: what happened to a job; docs/use/waiting.md. */

export interface StoryAnswer {
  /** A job's, a child's `id:3`, a node's `id#3`. */
  readonly jobId: string
  readonly status: string
  /** In order; of more than `limits.storyLines` the first and the last. */
  readonly lines: readonly StoryLineAnswer[]
  /** Lines left out in the middle. */
  readonly leftOut: number
}

export interface StoryLineAnswer {
  /** ms since 1970; absent where it is not known, and of what is so now. */
  readonly atMs?: number
  readonly kind: string
  /** From 1, of what concerns an attempt. */
  readonly attempt?: number
  /** A sentence without its full stop. */
  readonly text: string
}
