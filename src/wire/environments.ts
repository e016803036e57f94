/** `GET /api/environments`: the compute environments, and what they hold of their drivers; docs/use/api.md. */
import type { Amounts } from './instances.ts'

export interface EnvironmentsAnswer {
  /** By name. */
  readonly environments: readonly EnvironmentAnswer[]
}

export interface EnvironmentAnswer {
  readonly computeEnvironment: string
  readonly arn: string
  readonly state: 'ENABLED' | 'DISABLED'
  /** The life cycle: `VALID`, `INVALID`, … */
  readonly status: string
  readonly statusReason: string
  /** `EC2`, `SPOT`, `FARGATE`, `FARGATE_SPOT`. Absent for an unmanaged one. */
  readonly type?: string
  /** Name of the driver that runs its jobs. */
  readonly driver: string
  /** Absent for a driver that is not configured. */
  readonly driverHealth?: 'unseen' | 'healthy' | 'unreachable'
  /** Set for an unreachable driver. */
  readonly driverTrouble?: string
  readonly minvCpus: number
  readonly maxvCpus: number
  /** What its attempts hold, whoever's they are. */
  readonly inUse: Amounts
  /** Set for spot. Jobs start while the price is at or below the bid, both in percent. */
  readonly bidPercentage?: number
  readonly spotPrice?: number
  /** Names of the job queues that use it. */
  readonly jobQueues: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}
