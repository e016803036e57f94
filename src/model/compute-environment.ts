/** A compute environment: a share of one driver's capacity. */
import type { ComputeEnvironmentDetail } from './generated/batch.ts'
import type { Resources } from './resources.ts'
import type { TimeMs } from './time.ts'

/**
 * The tag that names a compute environment's driver. Without the tag, the configuration's default
 * driver is used.
 */
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
  /** On Fargate, CPU is a hard limit and not a weight. */
  readonly fargate: boolean
  /** Set for spot environments, which run on the capacity that on-demand work leaves free. */
  readonly spot?: { readonly kind: 'SPOT' | 'FARGATE_SPOT'; readonly bidPercentage: number }
  /**
   * Set while an update replaces the instances. Attempts placed before may continue until
   * `endJobsAtMs`.
   */
  readonly replacing?: { readonly sinceMs: TimeMs; readonly endJobsAtMs: TimeMs }
  readonly tags: Readonly<Record<string, string>>
  /**
   * As DescribeComputeEnvironments shows it, without state, status, tags and desiredvCpus. Those
   * are kept above or computed.
   */
  readonly shape: ComputeEnvironmentDetail
}

/**
 * The sum that the environment's live attempts use. It is kept rather than computed, because every
 * placement asks for it.
 */
export interface EnvironmentUse {
  taken: Resources
}

/** Whether new attempts may be placed in the environment. */
export function acceptsPlacements(environment: ComputeEnvironment): boolean {
  return environment.state === 'ENABLED' && (environment.status === 'VALID' || environment.status === 'UPDATING')
}
