/** The catalogue of actions: what policies may allow or deny, read from the operations themselves. */
import type { Service } from './service.ts'

export interface Action {
  /** The action's name in policies: `batch:SubmitJob`. */
  readonly name: string
  /** The operations that need it. */
  readonly operations: readonly string[]
}

/** By name. Operations that need no permission have no action. */
export function actionsOf(services: readonly Service[]): readonly Action[] {
  const actions = new Map<string, string[]>()
  for (const { action, alsoAsks = [], name, needsNoPermission } of services.flatMap(({ operations }) => operations))
    for (const asked of needsNoPermission ? alsoAsks : [action, ...alsoAsks]) {
      const known = actions.get(asked)
      if (known) known.push(name)
      else actions.set(asked, [name])
    }
  return [...actions].map(([name, operations]) => ({ name, operations })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
