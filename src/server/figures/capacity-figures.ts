/** For each driver, what hosts of one size have, how much of it is held and how much is free. */
import { isGone, type Slot } from '../../core/state/host-index.ts'
import { indexesOf, type State } from '../../core/state/state.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'

export interface CapacityFigures {
  /** All names, for hosts that several drivers share. */
  readonly driver: string
  /**
   * `8vcpu-15872mib`, with `-2gpu` where there are any. `withdrawn` for hosts that are no longer
   * offered, `other` for the sizes beyond the limit.
   */
  readonly hostClass: string
  readonly hosts: number
  readonly capacity: Resources
  readonly held: Resources
  /** Never negative: a host smaller than what it runs has nothing free. */
  readonly free: Resources
}

/** Sizes with a label of their own for one driver: those of most hosts. */
const classesOfDriver = 16

export function capacityFigures(state: Pick<State, 'drivers'>): CapacityFigures[] {
  return [...indexesOf(state)].flatMap(([index, drivers]) => {
    const name = drivers.map((driver) => driver.name).join(', ')
    const classes = new Map<string, CapacityFigures>()
    for (const slot of index.slots()) join(classes, ofSlot(name, slot))
    const largestFirst = [...classes.values()].sort((a, b) => b.hosts - a.hosts)
    const shown = new Map<string, CapacityFigures>()
    for (const [at, it] of largestFirst.entries())
      join(shown, at < classesOfDriver ? it : { ...it, hostClass: 'other' })
    return [...shown.values()]
  })
}

function ofSlot(driver: string, slot: Slot): CapacityFigures {
  const { host, taken, free } = slot
  const { vcpus, memoryMib, gpus } = host.capacity
  const size = `${vcpus}vcpu-${memoryMib}mib${gpus > 0 ? `-${gpus}gpu` : ''}`
  const hostClass = isGone(slot) ? 'withdrawn' : size
  return { driver, hostClass, hosts: 1, capacity: host.capacity, held: taken, free: notNegative(free) }
}

function join(classes: Map<string, CapacityFigures>, more: CapacityFigures): void {
  const { driver, hostClass } = more
  const none = { driver, hostClass, hosts: 0, capacity: noResources, held: noResources, free: noResources }
  const known = classes.get(hostClass) ?? none
  classes.set(hostClass, {
    ...{ driver, hostClass, hosts: known.hosts + more.hosts },
    capacity: plus(known.capacity, more.capacity),
    held: plus(known.held, more.held),
    free: plus(known.free, more.free),
  })
}

function notNegative({ vcpus, memoryMib, gpus }: Resources): Resources {
  return { vcpus: Math.max(0, vcpus), memoryMib: Math.max(0, memoryMib), gpus: Math.max(0, gpus) }
}
