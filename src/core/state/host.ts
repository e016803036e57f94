/** A host as a driver offers it. */
import type { Resources } from '../../model/resources.ts'

export interface Host {
  readonly hostName: string
  readonly instanceId: string
  readonly capacity: Resources
  /** The machine, if other drivers may offer the same one. */
  readonly machine?: string
}
