import type { LifeCycleStatus } from './compute-environment.ts'
import type { JobQueueDetail } from './generated/batch.ts'

export interface JobQueue {
  readonly name: string
  readonly arn: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly status: LifeCycleStatus
  readonly statusReason: string
  readonly priority: number
  /** Names of the compute environments, in the order they are tried. */
  readonly computeEnvironments: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** As DescribeJobQueues shows it, without state, status and tags. */
  readonly shape: JobQueueDetail
}
