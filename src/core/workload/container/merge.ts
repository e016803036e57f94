/** How a submission overlays a definition (docs/aws §7.2). */
import type { KeyValuePair, ResourceRequirement } from '../../../model/generated/batch.ts'
import { withValues } from './environment-variables.ts'

/**
 * By name: an override wins, new names come after the definition's, the others stay. An override
 * without a value removes the definition's.
 */
export function mergeEnvironment(
  registered: readonly KeyValuePair[],
  overrides: readonly KeyValuePair[],
): readonly KeyValuePair[] {
  return withValues(mergeBy((variable) => variable.name ?? '', registered, overrides))
}

/** By type: each given type replaces that type, the others stay. */
export function mergeRequirements(
  registered: readonly ResourceRequirement[],
  overrides: readonly ResourceRequirement[],
): readonly ResourceRequirement[] {
  return mergeBy((requirement) => requirement.type, registered, overrides)
}

/** By name. Returns the definition's map if nothing overlays it, as with most jobs. */
export function mergeParameters(
  registered: Readonly<Record<string, string>>,
  submitted: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.keys(submitted).length === 0 ? registered : { ...registered, ...submitted }
}

/**
 * Keeps the order of first appearance. Of two items with one key the later wins. Returns the same
 * list if nothing overlays it.
 */
function mergeBy<T>(keyOf: (item: T) => string, registered: readonly T[], overrides: readonly T[]): readonly T[] {
  if (overrides.length === 0) return registered
  return [...new Map([...registered, ...overrides].map((item) => [keyOf(item), item])).values()]
}
