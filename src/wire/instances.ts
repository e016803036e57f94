/**
 * `GET /api/instances`, `GET /api/instances/{id}` and `POST /api/instances/{id}/interrupt`;
 * docs/operate/instances.md.
 */

export interface Amounts {
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
}

export interface InstancesAnswer {
  readonly drivers: readonly DriverAnswer[]
  /** By driver and host name, the first `limits.instancesShown`. */
  readonly instances: readonly InstanceAnswer[]
  /** How many more there are. */
  readonly more: number
}

export interface DriverAnswer {
  readonly driver: string
  readonly health: 'unseen' | 'healthy' | 'unreachable'
  /** Set for an unreachable driver. */
  readonly why?: string
  /** The sum of all hosts that it offers; absent until it has answered. */
  readonly capacity?: Amounts
  /** The part of these hosts' vCPUs that on-demand attempts hold, in percent. */
  readonly spotPrice: number
}

export interface InstanceAnswer {
  readonly instanceId: string
  readonly hostName: string
  /** All names, for a machine that several drivers offer. */
  readonly driver: string
  /**
   * `WITHDRAWN`: no longer offered, and kept while something runs there. `UNREACHABLE`: its engine
   * does not answer, and the figures are the last known ones.
   */
  readonly state: 'OFFERED' | 'WITHDRAWN' | 'UNREACHABLE'
  /** Absent while it is not known: the engine has not answered since this server started. */
  readonly capacity?: Amounts
  /** The free part of the capacity; nothing if the host shrank below what it runs. */
  readonly free?: Amounts
  /** Held by attempts of any driver. */
  readonly held: Amounts
  /**
   * The disk on which jobs write, less what stays free whatever they ask. `freeMib` is what new
   * attempts may write. Absent if the disk is not watched.
   */
  readonly disk?: { readonly offeredMib: number; readonly freeMib: number }
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
  /** The user who submitted it. */
  readonly owner: string
  readonly attempt: number
  readonly computeEnvironment: string
  readonly spot: boolean
  /** The attempt got a notice, or is being cancelled. */
  readonly stopping: boolean
  /** ms since 1970. */
  readonly placedAtMs: number
  /** For a multi-node job, the sum of all its nodes on this host. */
  readonly resources: Amounts
  /** What it may write on the host's disk, MiB; absent if that is nothing. */
  readonly scratchMib?: number
}

export interface InterruptionAnswer {
  readonly instanceId: string
  /** Spot attempts that got notice. */
  readonly interrupted: number
  readonly alreadyStopping: number
}
