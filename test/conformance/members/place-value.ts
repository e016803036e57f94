/** Puts a value into a request, and finds it in an answer. */
import type { Step } from './member-paths.ts'
import { besideOf, completeStructure } from './values.ts'

type Structure = Readonly<Record<string, unknown>>

/**
 * Existing structures on the path are used, and the first element of a list. A missing one is made
 * with its required members.
 */
export function withValue(request: Structure, steps: readonly Step[], value: unknown): Structure {
  const [step, ...rest] = steps
  if (!step) throw new Error('the way to a member has no step')
  const { structure, member, isList } = step
  const around = { ...request, ...besideOf(structure, member) }
  if (rest.length === 0) return { ...around, [member]: value }
  const inner = rest[0]!.structure
  if (!isList) return { ...around, [member]: withValue(structureAt(around[member], inner), rest, value) }
  const [first, ...others] = Array.isArray(around[member]) ? (around[member] as Structure[]) : []
  return { ...around, [member]: [withValue(structureAt(first, inner), rest, value), ...others] }
}

function structureAt(value: unknown, structure: string): Structure {
  return (value as Structure | undefined) ?? completeStructure(structure)
}

/**
 * Every value at the end of the path, through all elements of lists. `members` are the steps’ own
 * names, or an answer’s.
 */
export function valuesAt(answer: unknown, members: readonly string[]): unknown[] {
  let found: unknown[] = [answer]
  for (const member of members)
    found = found.flatMap((value) => {
      const inner = (value as Structure | undefined)?.[member]
      return Array.isArray(inner) && typeof inner[0] === 'object' ? (inner as unknown[]) : [inner]
    })
  return found
}

/**
 * Whether an answer’s value contains what was sent: a list’s elements and a map’s entries among
 * others, a name as the end of an ARN.
 */
export function holds(shown: unknown, sent: unknown): boolean {
  if (Array.isArray(sent))
    return Array.isArray(shown) && sent.every((element) => shown.some((it) => holds(it, element)))
  if (typeof sent === 'object' && sent !== null)
    return (
      typeof shown === 'object' &&
      shown !== null &&
      Object.entries(sent).every(([key, value]) => holds((shown as Structure)[key], value))
    )
  if (typeof sent !== 'string' || typeof shown !== 'string') return shown === sent
  return shown === sent || (shown.startsWith('arn:') && shown.replace(/:\d+$/, '').split(/[/:]/).at(-1) === sent)
}
