/**
 * Backfill (by configuration): jobs may pass a head that must wait, but never take the room that it
 * waits for. The head reserves a host, or several for a multi-node job. From then on only as much
 * of it is given out as the head will leave over. Earlier attempts there end some time, and then
 * the head starts, however many smaller jobs keep coming. A head that waits long reserves more
 * hosts, and starts on any of them.
 */
import type { JobSpec } from '../../model/job.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import type { Host } from './host.ts'
import { heldOnDisk, type Slot } from './host-index.ts'

export interface Reservation {
  /** The head: a job, or an array of which a child waits. */
  readonly jobId: string
  readonly childIndex: number | undefined
  readonly sinceMs: TimeMs
  readonly computeEnvironment: string
  readonly driver: string
  /** Room of a spot environment, which on-demand work may still take. */
  readonly isSpot: boolean
  /**
   * How often the number of claimed hosts has doubled. Undefined if it claims none, and waits only
   * for consumable resources.
   */
  readonly doublings: number | undefined
  /** What the head will use, by host name. */
  readonly claims: ReadonlyMap<string, Resources>
  /** What the head may write on the disks of these hosts, MiB by host name. */
  readonly disks: ReadonlyMap<string, number>
  readonly vcpus: number
  /** ARNs of the consumable resources that it needs. */
  readonly consumables: readonly string[]
  /**
   * What was placed since then on the reserved hosts, or in the environment, by the attempt's name.
   * It may run beside the head.
   */
  readonly beside: Map<string, Beside>
}

export interface Beside {
  /** By host name. */
  readonly taken: ReadonlyMap<string, Resources>
  /** In the environment. */
  readonly vcpus: number
}

/**
 * Whether something of this size may be placed on the host beside the head. `taken` is what runs
 * there, `given` what the plan has placed there so far. Once the head could start beside the
 * earlier attempts, nothing is added that would prevent it. Until then, jobs that pass may use what
 * the head leaves over.
 */
export function leavesRoom(
  reservation: Reservation,
  { hostName, capacity }: Pick<Host, 'hostName' | 'capacity'>,
  taken: Resources,
  given: Resources,
  wanted: Resources,
): boolean {
  const claim = reservation.claims.get(hostName)
  if (!claim) return true
  let beside = noResources
  for (const { taken: one } of reservation.beside.values()) beside = plus(beside, one.get(hostName) ?? noResources)
  const before = minus(taken, beside)
  const added = plus(plus(beside, given), plus(claim, wanted))
  return covers(capacity, covers(capacity, plus(before, claim)) ? plus(before, added) : added)
}

/**
 * The same for the host's disk, in MiB. Its size for jobs is what is free and what attempts there
 * hold: files of others stay.
 */
export function leavesDisk(
  { disks, beside }: Pick<Reservation, 'disks' | 'beside'>,
  slot: Slot,
  { before, given }: { readonly before: number; readonly given: number },
  wanted: number,
): boolean {
  const claim = disks.get(slot.host.hostName)
  if (claim === undefined || !slot.disk || wanted === 0) return true
  const freeMib = slot.disk.freeMib - before
  const besideMib = heldOnDisk(slot, (name) => beside.has(name))
  const isEnoughWithout = freeMib + besideMib >= claim
  const earlierMib = isEnoughWithout ? 0 : before + heldOnDisk(slot, (name) => !beside.has(name))
  return freeMib + earlierMib - given - wanted >= claim
}

/** The same for the environment's vCPUs. `inUse` is what runs there. */
export function leavesVcpus(
  reservation: Reservation,
  maxvCpus: number,
  inUse: number,
  given: number,
  wanted: number,
): boolean {
  let beside = 0
  for (const { vcpus } of reservation.beside.values()) beside += vcpus
  const before = inUse - beside
  const added = beside + given + reservation.vcpus + wanted
  return (before + reservation.vcpus <= maxvCpus ? before + added : added) <= maxvCpus
}

export function leavesConsumables({ consumables }: Reservation, spec: JobSpec): boolean {
  return !(spec.consumables ?? []).some(({ arn }) => consumables.includes(arn))
}
