/** `filters` of the List operations: names with values, of which a text may end in `*`. */
import type { KeyValuesPair } from '../../../model/generated/batch.ts'
import { isRefusal, type Refusal, refuse, refuseWrapped } from '../../../model/refusal.ts'
import type { TextMatch } from '../../../store/store.ts'

/** The values by the filter's name: each filter once, with exactly one value; or which of them is none that is offered. */
export function readFilters<Name extends string>(
  filters: readonly KeyValuesPair[] | undefined,
  offered: readonly Name[],
): Refusal | { readonly [N in Name]?: string } {
  const read: { [N in Name]?: string } = {}
  for (const { name = '', values } of filters ?? []) {
    const known = offered.find((it) => it === name)
    if (known === undefined) return refuse(`Filter ${name} is not valid. Valid filters: [${offered.join(', ')}]`)
    if (read[known] !== undefined) return refuse(`The filter ${name} can be given only once.`)
    const value = oneValue(name, values)
    if (isRefusal(value)) return value
    read[known] = value
  }
  return read
}

export const onlyOneFilter = 'Only one filter key-value pair can be specified.'

/** What the live service says of none is not known. */
export function oneValue(name: string | undefined, values: readonly string[] | undefined): string | Refusal {
  if ((values?.length ?? 0) > 1) return refuseWrapped('Filter cannot take more than one value.')
  return values?.[0] || refuse(`The filter ${name} must have exactly one value.`)
}

export function textMatch(value: string): TextMatch {
  return value.endsWith('*') ? { text: value.slice(0, -1), prefix: true } : { text: value, prefix: false }
}

/** Without regard to case. */
export function matchesText(name: string, value: string): boolean {
  const { text, prefix } = textMatch(value.toLowerCase())
  return prefix ? name.toLowerCase().startsWith(text) : name.toLowerCase() === text
}
