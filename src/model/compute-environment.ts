/** A compute environment: a share of one driver's capacity. */
import type { ComputeEnvironmentDetail } from './generated/batch.ts'
import type { Resources } from './resources.ts'
import type { TimeMs } from './time.ts'

/** The tag that names the driver of a compute environment; without it, the configuration's default driver. */
export const driverTag = 'openbatch:driver'

export type LifeCycleStatus = 'CREATING' | 'UPDATING' | 'VALID' | 'INVALID' | 'DELETING'

export interface ComputeEnvironment {
  readonly name: string
  readonly arn: string
  readonly uuid: string
  readonly driver: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly status: LifeCycleStatus
  readonly statusReason: string
  readonly maxvCpus: number
  readonly minvCpus: number
  /** CPU is a hard limit here, not a weight. */
  readonly fargate: boolean
  /** Runs on what on-demand work leaves. */
  readonly spot?: { readonly kind: 'SPOT' | 'FARGATE_SPOT'; readonly bidPercentage: number }
  /** While an update replaces its instances: attempts placed before may go on until the second time. */
  readonly replacing?: { readonly sinceMs: TimeMs; readonly endJobsAtMs: TimeMs }
  readonly tags: Readonly<Record<string, string>>
  /** As DescribeComputeEnvironments shows it, but for state, status, tags and desiredvCpus, which are kept above or computed. */
  readonly shape: ComputeEnvironmentDetail
}

/** What its live attempts take, kept beside it: the sum is asked for at every placement. */
export interface EnvironmentUse {
  taken: Resources
}

/** Whether new attempts may be placed in it. */
export function acceptsPlacements(environment: ComputeEnvironment): boolean {
  return environment.state === 'ENABLED' && (environment.status === 'VALID' || environment.status === 'UPDATING')
}
