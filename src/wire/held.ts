/** `GET /api/held` and `POST /api/held/{job}/release`; docs/operate/backup.md. */

export interface HeldAnswer {
  /** The first `limits.heldJobsShown`. A held array stands for its children. */
  readonly held: readonly HeldJobAnswer[]
  /** How many more there are. */
  readonly more: number
  /** Attempts that cannot belong to any known job, by driver. */
  readonly leftAlone: readonly { readonly driver: string; readonly names: readonly string[] }[]
  /** Drivers that have not reported their attempts yet. */
  readonly unmatched: readonly string[]
}

export interface HeldJobAnswer {
  readonly jobId: string
  readonly jobName: string
  readonly jobQueue: string
  readonly status: string
}

export interface ReleaseAnswer {
  readonly released: number
  /** Ids of jobs of which a driver still has an attempt. */
  readonly stayHeld: readonly string[]
}
