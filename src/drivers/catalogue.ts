/**
 * The kinds of drivers there are: the only list of them. The order is that in which a server without configuration looks for the
 * one its jobs run on, and that of the documentation. docs/develop/add-a-driver.md says how to add one.
 */
import { docker } from './docker/kind.ts'
import type { DriverKind } from './driver-kind.ts'
import { processes } from './process/kind.ts'
import { scripted } from './scripted/kind.ts'

export const driverKinds: readonly DriverKind[] = [docker, processes, scripted]

/** How the default driver is chosen where nobody names one, for people: `docker if it answers, else process`. */
export function defaultChoice(kinds: readonly DriverKind[] = driverKinds): string {
  return kinds
    .filter(({ isOfferedUnasked }) => isOfferedUnasked)
    .map(({ kind, probe }) => (probe ? `${kind} if an engine answers` : kind))
    .join(', else ')
}
