/** A host as a driver offers it. */
import type { Resources } from '../../model/resources.ts'

export interface Host {
  readonly hostName: string
  readonly instanceId: string
  readonly capacity: Resources
  /** The machine, if other drivers may offer the same one. */
  readonly machine?: string
  /** Absent if its disk is not watched: jobs there never wait for it. */
  readonly disk?: HostDisk
}

/** The disk on which jobs write, less the space that stays free whatever they ask. In MiB. */
export interface HostDisk {
  /** What jobs could have if nothing else were on the disk. */
  readonly offeredMib: number
  /** What is free now. Negative when the disk is fuller than it should be. */
  readonly freeMib: number
}
