/** `GET /api/jobs/{id}/why`: everything that holds a job back, in order; docs/use/waiting.md. */

export interface WhyAnswer {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
  readonly status: 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  /** For a job that waits for nothing: how it ended, or what becomes of it now. */
  readonly statusReason?: string
  /** An accepted cancel or terminate. For an array, also at the children that it ended. */
  readonly stop?: StopAnswer
  /** How an ended job ended. */
  readonly ending?: EndingAnswer
  /**
   * The most pressing reason first. Empty if the job runs or has ended. For a job that is STARTING,
   * why it does not run yet.
   */
  readonly reasons: readonly WhyReason[]
}

/** In addition to these members, each reason has the data of its kind. */
export interface WhyReason {
  readonly kind: string
  /** The driver's words, for the kind `starting`. */
  readonly why?: string
  /** AWS's code, if it has one. */
  readonly code?: string
  /** A sentence. */
  readonly text: string
}

export interface StopAnswer {
  readonly as: 'cancelled' | 'terminated'
  readonly reason: string
  /** The user who asked. Absent when an action of the queue ended the job. */
  readonly by?: string
  /** ms since 1970. */
  readonly atMs?: number
}

export interface EndingAnswer {
  /** The last attempt, counted from 1. Absent when no attempt ran. */
  readonly attempt?: number
  /** As the retry strategy allows. */
  readonly attemptsAllowed: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  /** The container's reason, as the engine gives it. */
  readonly reason?: string
  /** The first containers of a task, a pod or nodes that did not end well. */
  readonly failedContainers?: readonly FailedContainerAnswer[]
  /** Why a failed job was not tried again. */
  readonly notRetried?: string
  /** Ids of the first jobs that it waited for and that failed. */
  readonly failedDependencies?: readonly string[]
  /** Ids of an array's first failed children. */
  readonly failedChildren?: readonly string[]
  readonly log?: {
    readonly group: string
    readonly stream: string
    /** The end of its log, the oldest line first. Long lines are cut. */
    readonly lastLines: readonly string[]
  }
}

export interface FailedContainerAnswer {
  readonly name: string
  /** Set for a multi-node job. */
  readonly node?: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  readonly reason?: string
}
