/** `filters` of the List operations: names with values. A text value may end in `*`. */
import type { KeyValuesPair } from '../../../model/generated/batch.ts'
import { isRefusal, type Refusal, refuse, refuseWrapped } from '../../../model/refusal.ts'
import type { TextMatch } from '../../../store/store.ts'

/**
 * Returns the values by the filters' names. Each filter may occur once, with exactly one value;
 * otherwise returns a refusal.
 */
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

/** The live service's answer to an unknown filter is not known. */
export function oneValue(name: string | undefined, values: readonly string[] | undefined): string | Refusal {
  if ((values?.length ?? 0) > 1) return refuseWrapped('Filter cannot take more than one value.')
  return values?.[0] || refuse(`The filter ${name} must have exactly one value.`)
}

export function textMatch(value: string): TextMatch {
  return value.endsWith('*') ? { text: value.slice(0, -1), prefix: true } : { text: value, prefix: false }
}

/** Ignores case. */
export function matchesText(name: string, value: string): boolean {
  const { text, prefix } = textMatch(value.toLowerCase())
  return prefix ? name.toLowerCase().startsWith(text) : name.toLowerCase() === text
}
