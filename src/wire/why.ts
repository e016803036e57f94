/** `GET /api/jobs/{id}/why`: all that holds a job back, in order; docs/use/waiting.md. */

export interface WhyAnswer {
  /** A job's, a child's `id:3`, a node's `id#3`. */
  readonly jobId: string
  readonly status: 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  /** Of a job that waits for nothing: how it ended, or what becomes of it now. */
  readonly statusReason?: string
  /** A cancel or terminate that was accepted: of an array also at the children it ended. */
  readonly stop?: StopAnswer
  /** Of a job that has ended: how. */
  readonly ending?: EndingAnswer
  /** The most pressing first; none where the job runs or has ended. Of a job that is STARTING, why it does not run yet. */
  readonly reasons: readonly WhyReason[]
}

/** Beside these members each reason has the data of its kind. */
export interface WhyReason {
  readonly kind: string
  /** Of the kind `starting`: what the driver says. */
  readonly why?: string
  /** AWS's, where it has one. */
  readonly code?: string
  /** A sentence. */
  readonly text: string
}

export interface StopAnswer {
  readonly as: 'cancelled' | 'terminated'
  readonly reason: string
  /** The user; absent where no user asked, but an action of the queue. */
  readonly by?: string
  /** ms since 1970. */
  readonly atMs?: number
}

export interface EndingAnswer {
  /** The last, from 1; absent when no attempt ran. */
  readonly attempt?: number
  /** By the retry strategy. */
  readonly attemptsAllowed: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  /** The container's, as the engine gives it. */
  readonly reason?: string
  /** Of a task, a pod or nodes: the first containers that did not end well. */
  readonly failedContainers?: readonly FailedContainerAnswer[]
  /** Why a job that failed was not tried again. */
  readonly notRetried?: string
  /** Ids of the first jobs that it waited for and that failed. */
  readonly failedDependencies?: readonly string[]
  /** Of an array: ids of the first children that failed. */
  readonly failedChildren?: readonly string[]
  readonly log?: {
    readonly group: string
    readonly stream: string
    /** Its end, the oldest first; long lines are cut. */
    readonly lastLines: readonly string[]
  }
}

export interface FailedContainerAnswer {
  readonly name: string
  /** Of a multi-node job. */
  readonly node?: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  readonly reason?: string
}
