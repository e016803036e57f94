/** `GET /api/instances`, `GET /api/instances/{id}` and `POST /api/instances/{id}/interrupt`; docs/operate/instances.md. */

export interface Amounts {
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
}

export interface InstancesAnswer {
  readonly drivers: readonly DriverAnswer[]
  /** By driver and host name, the first `limits.instancesShown`. */
  readonly instances: readonly InstanceAnswer[]
  /** Beyond those. */
  readonly more: number
}

export interface DriverAnswer {
  readonly driver: string
  readonly health: 'unseen' | 'healthy' | 'unreachable'
  /** Of one that is unreachable. */
  readonly why?: string
  /** Of all hosts that it offers; absent until it has answered. */
  readonly capacity?: Amounts
  /** In percent: the part of the vCPUs of those hosts that on-demand attempts hold. */
  readonly spotPrice: number
}

export interface InstanceAnswer {
  readonly instanceId: string
  readonly hostName: string
  /** Of a machine that several drivers offer, all their names. */
  readonly driver: string
  /**
   * `WITHDRAWN`: no longer offered, and kept while something runs there. `UNREACHABLE`: no engine answers for it, and the figures
   * are those known last.
   */
  readonly state: 'OFFERED' | 'WITHDRAWN' | 'UNREACHABLE'
  /** Absent while it is not known: the engine has not answered since this server started. */
  readonly capacity?: Amounts
  /** Of the capacity; nothing where the host became smaller than what it runs. */
  readonly free?: Amounts
  /** By attempts, of whichever driver. */
  readonly held: Amounts
  readonly onDemandAttempts: number
  readonly spotAttempts: number
}

export interface InstanceDetailAnswer extends InstanceAnswer {
  /** The newest first, at most `limits.attemptsOfInstanceShown`. */
  readonly attempts: readonly TenancyAnswer[]
}

export interface TenancyAnswer {
  readonly jobId: string
  readonly jobName: string
  readonly jobQueue: string
  /** Who submitted it. */
  readonly owner: string
  readonly attempt: number
  readonly computeEnvironment: string
  readonly spot: boolean
  /** Told to go, or cancelled. */
  readonly stopping: boolean
  /** ms since 1970. */
  readonly placedAtMs: number
  /** Of a multi-node job, of all its nodes that are here. */
  readonly resources: Amounts
}

export interface InterruptionAnswer {
  readonly instanceId: string
  /** Spot attempts that got notice. */
  readonly interrupted: number
  readonly alreadyStopping: number
}
