import { type DiskNeed, neededMib } from '../state/disk-need.ts'
import type { Slot } from '../state/host-index.ts'
import type { Draft } from './draft.ts'

/** Looks for hosts whose disks have room for a node, and remembers the nearest that has not. */
export class DiskSearch {
  readonly #draft: Draft
  readonly #driver: string
  readonly #isSpot: boolean
  readonly #need: DiskNeed
  readonly #taken = new Map<Slot, number>()
  /** The best disk that was too full, among hosts that have room otherwise. */
  shortest: { readonly wantedMib: number; readonly hostName: string; readonly freeMib: number } | undefined
  /** The job for which space is reserved that this one would take, if that is all that it lacks. */
  keptFor: string | undefined

  constructor(draft: Draft, { driver, isSpot, need }: { driver: string; isSpot: boolean; need: DiskNeed }) {
    this.#draft = draft
    this.#driver = driver
    this.#isSpot = isSpot
    this.#need = need
  }

  /** Nothing starts on a disk that is fuller than it should be, whatever the job asks for. */
  hasRoom(slot: Slot): boolean {
    const wantedMib = neededMib(this.#need, slot.host)
    const besidesMib = this.#taken.get(slot) ?? 0
    const freeMib = this.#draft.diskRoom(slot) - besidesMib
    if (freeMib >= wantedMib && freeMib >= 0) {
      const keptFor = this.#draft.whoseDisk(this.#driver, slot, besidesMib, wantedMib, this.#isSpot)
      this.keptFor ??= keptFor
      return keptFor === undefined
    }
    if (!this.shortest || freeMib > this.shortest.freeMib)
      this.shortest = { wantedMib, hostName: slot.host.hostName, freeMib }
    return false
  }

  /** A node of the job gets the host. */
  take(slot: Slot): void {
    if (slot.disk) this.#taken.set(slot, (this.#taken.get(slot) ?? 0) + neededMib(this.#need, slot.host))
  }
}
