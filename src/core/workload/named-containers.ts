/**
 * Overrides of several containers: each names its container, which is optional if there is only
 * one.
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'

export interface Named {
  readonly name?: string
}

export interface NamedContainers<Container extends Named> {
  readonly containers: readonly Container[]
  /** The name of a container that was given none. */
  readonly defaultName: string
  /** Where the overrides stand in the request. */
  readonly member: string
}

/** The live text was not captured. */
export function checkTargets(overrides: readonly Named[], of: NamedContainers<Named>): Complaint {
  const seen = new Set<string>()
  return firstComplaint(overrides, (override, index) => {
    const name = targetName(override, of)
    if (name === undefined) return `${of.member}[${index}].name is required, as there are several containers.`
    if (!of.containers.some((container) => nameOf(container, of) === name)) {
      return `${of.member}[${index}].name ${name} must reference a container of the job definition.`
    }
    if (seen.has(name)) return `${of.member}[${index}].name ${name} is overridden twice.`
    seen.add(name)
    return undefined
  })
}

/**
 * Expects overrides that passed the check. Containers without overrides are the definition's own.
 */
export function mergeByName<Container extends Named, Override extends Named>(
  overrides: readonly Override[],
  of: NamedContainers<Container>,
  merge: (container: Container, override: Override) => Container,
): readonly Container[] {
  if (overrides.length === 0) return of.containers
  return of.containers.map((container) => {
    const override = overrides.find((it) => targetName(it, of) === nameOf(container, of))
    return override ? merge(container, override) : container
  })
}

function targetName({ name }: Named, of: NamedContainers<Named>): string | undefined {
  return name ?? (of.containers.length === 1 ? nameOf(of.containers[0]!, of) : undefined)
}

function nameOf({ name }: Named, { defaultName }: NamedContainers<Named>): string {
  return name ?? defaultName
}
