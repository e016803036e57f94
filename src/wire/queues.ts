/** `GET /api/queues` and `GET /api/queues/{name}`: the job queues, what is in them and what holds them up; docs/use/api.md. */
import type { StatusCountsAnswer } from './jobs.ts'
import type { WhyReason } from './why.ts'

export interface QueuesAnswer {
  /** By priority, the highest first, and by name. */
  readonly queues: readonly QueueAnswer[]
}

export interface QueueAnswer {
  readonly jobQueue: string
  readonly arn: string
  readonly state: 'ENABLED' | 'DISABLED'
  /** The life cycle: `VALID`, `CREATING`, … */
  readonly status: string
  readonly statusReason: string
  readonly priority: number
  /** ARN of the scheduling policy. Absent: first in, first out. */
  readonly schedulingPolicyArn?: string
  /** Names, in the order in which they are tried. */
  readonly computeEnvironments: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Jobs by status, those that the caller may see. An array counts as one. */
  readonly jobs: StatusCountsAnswer
}

export interface QueueDetailAnswer extends QueueAnswer {
  /** The jobs that are next, as the planner sees it, at most `limits.frontOfQueue`. */
  readonly front: readonly FrontJobAnswer[]
  /** The job that holds up all behind it. Absent if none does, or the caller may not see it. */
  readonly head?: BlockedHeadAnswer
  /** A job that the caller may not see holds up all behind it. */
  readonly headIsHidden?: boolean
}

export interface FrontJobAnswer {
  /** For a child of an array, `id:index`. */
  readonly jobId: string
  readonly jobName: string
  readonly user: string
  readonly shareIdentifier?: string
  /** ms since 1970. */
  readonly createdAtMs: number
}

export interface BlockedHeadAnswer {
  readonly jobId: string
  readonly jobName: string
  /** The most pressing reason first. */
  readonly reasons: readonly WhyReason[]
}
