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
  for (const { action, name, needsNoPermission } of services.flatMap(({ operations }) => operations)) {
    if (needsNoPermission) continue
    const known = actions.get(action)
    if (known) known.push(name)
    else actions.set(action, [name])
  }
  return [...actions].map(([name, operations]) => ({ name, operations })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
