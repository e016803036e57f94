/** What an account has beside queues, environments and definitions: scheduling policies, consumable resources, service environments, quota shares. */
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
  /** As DescribeSchedulingPolicies shows it, but for the tags. */
  readonly shape: SchedulingPolicyDetail
}

/** https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html */
export interface ConsumableResource extends Common {
  readonly kind: 'consumable-resource'
  readonly resourceType: 'REPLENISHABLE' | 'NON_REPLENISHABLE'
  /** What there is, in use or not; what jobs used up of a NON_REPLENISHABLE one is gone from it. */
  readonly totalQuantity: number
  /** Updates that must not be applied twice: the client's token, what it asked, and when. */
  readonly updates: readonly { readonly token: string; readonly request: string; readonly atMs: TimeMs }[]
}

export interface ServiceEnvironment extends Common {
  readonly kind: 'service-environment'
  readonly shape: ServiceEnvironmentDetail
}

export interface QuotaShare extends Common {
  readonly kind: 'quota-share'
  /** Of the queue it belongs to. */
  readonly jobQueue: string
  readonly shape: QuotaShareDetail
}

export type AccountResource = SchedulingPolicy | ConsumableResource | ServiceEnvironment | QuotaShare
export type AccountResourceKind = AccountResource['kind']
