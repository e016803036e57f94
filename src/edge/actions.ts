/**
 * The catalogue of actions: what may be allowed or refused. It is read from the operations
 * themselves.
 */
import type { Rule } from '../access/rule.ts'
import type { Service } from './service.ts'

export interface Action {
  /** The action's name in policies: `batch:SubmitJob`. */
  readonly name: string
  readonly who: Rule
  /** The operations that the action allows. */
  readonly operations: readonly string[]
}

/** Sorted by name. Throws if two operations of one action differ in who may call them. */
export function actionsOf(services: readonly Service[]): readonly Action[] {
  const actions = new Map<string, Action>()
  for (const { action: name, who, name: operation } of services.flatMap(({ operations }) => operations)) {
    const known = actions.get(name)
    if (known && known.who !== who)
      throw new Error(`${operation} and ${known.operations[0]} differ in who may call ${name}`)
    actions.set(name, { name, who, operations: [...(known?.operations ?? []), operation] })
  }
  return [...actions.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
