/** `GET /api/jobs/{id}/story`: what happened to a job; docs/use/waiting.md. */

export interface StoryAnswer {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
  readonly status: string
  /** In order. Of more than `limits.storyLines`, the first and the last. */
  readonly lines: readonly StoryLineAnswer[]
  /** How many lines are left out in the middle. */
  readonly leftOut: number
}

export interface StoryLineAnswer {
  /** ms since 1970. Absent if the time is not known, and for a line about the present. */
  readonly atMs?: number
  readonly kind: string
  /** The attempt that the line is about, counted from 1. */
  readonly attempt?: number
  /** A sentence without its full stop. */
  readonly text: string
}
