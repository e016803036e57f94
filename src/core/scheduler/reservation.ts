/**
 * Backfill (by configuration): jobs may pass a head that must wait, but never take the room it waits for. The head reserves a host, or several for a
 * multi-node job; from then on only so much of it is given away as the head will leave over. What ran there before ends some time, and then the head
 * starts, however many smaller jobs keep coming.
 */
import type { JobSpec } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'

export interface Reservation {
  /** The head: a job, or an array of which a child waits. */
  readonly jobId: string
  readonly childIndex: number | undefined
  readonly sinceMs: TimeMs
  readonly computeEnvironment: string
  readonly driver: string
  /** Room of a spot environment, which on-demand work may take all the same. */
  readonly isSpot: boolean
  /** What the head will take, by host name. */
  readonly claims: ReadonlyMap<string, Resources>
  readonly vcpus: number
  /** ARNs of the consumable resources it needs. */
  readonly consumables: readonly string[]
  /** What was placed since then on the hosts it reserved, or in its environment, by attempt's name: it may run beside the head. */
  readonly beside: Map<string, Beside>
}

export interface Beside {
  /** By host name. */
  readonly taken: ReadonlyMap<string, Resources>
  /** In the environment. */
  readonly vcpus: number
}

/** Whether something of this size may be put on the host beside the head. `given` is what the plan has put there so far. */
export function leavesRoom(
  reservation: Reservation,
  hostName: string,
  capacity: Resources,
  given: Resources,
  wanted: Resources,
): boolean {
  const claim = reservation.claims.get(hostName)
  if (!claim) return true
  let all = plus(plus(claim, given), wanted)
  for (const { taken } of reservation.beside.values()) all = plus(all, taken.get(hostName) ?? noResources)
  return all.vcpus <= capacity.vcpus && all.memoryMib <= capacity.memoryMib && all.gpus <= capacity.gpus
}

/** The same of the environment's vCPUs. */
export function leavesVcpus(reservation: Reservation, maxvCpus: number, given: number, wanted: number): boolean {
  let all = reservation.vcpus + given + wanted
  for (const { vcpus } of reservation.beside.values()) all += vcpus
  return all <= maxvCpus
}

export function leavesConsumables({ consumables }: Reservation, spec: JobSpec): boolean {
  return !(spec.consumables ?? []).some(({ arn }) => consumables.includes(arn))
}
