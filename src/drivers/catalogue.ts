/**
 * The only list of the kinds of drivers. A server without configuration tries them in this order,
 * and the documentation follows it. docs/develop/add-a-driver.md says how to add one.
 */
import { docker } from './docker/kind.ts'
import type { DriverKind } from './driver-kind.ts'
import { processes } from './process/kind.ts'
import { scripted } from './scripted/kind.ts'

export const driverKinds: readonly DriverKind[] = [docker, processes, scripted]

/**
 * Describes how a server chooses its default driver: `docker if an engine answers, else process`.
 */
export function defaultChoice(kinds: readonly DriverKind[] = driverKinds): string {
  return kinds
    .filter(({ isOfferedUnasked }) => isOfferedUnasked)
    .map(({ kind, probe }) => (probe ? `${kind} if an engine answers` : kind))
    .join(', else ')
}
