/**
 * Account resources other than queues, compute environments and definitions: scheduling policies,
 * consumable resources, service environments and quota shares.
 */
import type { LifeCycleStatus } from './compute-environment.ts'
import type { QuotaShareDetail, SchedulingPolicyDetail, ServiceEnvironmentDetail } from './generated/batch.ts'
import type { TimeMs } from './time.ts'

interface Common {
  readonly name: string
  readonly arn: string
  readonly tags: Readonly<Record<string, string>>
  readonly createdAtMs: TimeMs
}

export interface SchedulingPolicy extends Common {
  readonly kind: 'scheduling-policy'
  /**
   * As DescribeSchedulingPolicies shows it, without the tags. It has a fairsharePolicy or a
   * quotaSharePolicy, never both.
   */
  readonly shape: SchedulingPolicyDetail
}

/** https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html */
export interface ConsumableResource extends Common {
  readonly kind: 'consumable-resource'
  readonly resourceType: 'REPLENISHABLE' | 'NON_REPLENISHABLE'
  /**
   * The whole amount, in use or not. What jobs used up of a NON_REPLENISHABLE resource is already
   * subtracted.
   */
  readonly totalQuantity: number
  /**
   * Updates that must not be applied twice, oldest first: the client's token, the change it asked
   * for, the time, and the total in the answer.
   */
  readonly updates: readonly AppliedUpdate[]
}

export interface AppliedUpdate {
  readonly token: string
  readonly request: string
  readonly atMs: TimeMs
  readonly totalQuantity: number
}

export interface ServiceEnvironment extends Common {
  readonly kind: 'service-environment'
  readonly state: 'ENABLED' | 'DISABLED'
  readonly status: LifeCycleStatus
  /** As DescribeServiceEnvironments shows it, without state, status and tags. */
  readonly shape: ServiceEnvironmentDetail
}

export interface QuotaShare extends Common {
  readonly kind: 'quota-share'
  /** Name of the queue that the share belongs to. */
  readonly jobQueue: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly status: LifeCycleStatus
  /** As DescribeQuotaShare shows it, without state, status and tags. */
  readonly shape: QuotaShareDetail
}

export type AccountResource = SchedulingPolicy | ConsumableResource | ServiceEnvironment | QuotaShare
export type AccountResourceKind = AccountResource['kind']
