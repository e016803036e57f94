/**
 * The common part of Describe operations: returns the named resources (unknown ones are left out),
 * or a page of all, by name.
 */
import { limits } from '../../../model/limits.ts'
import { type Refusal, refuse } from '../../../model/refusal.ts'
import { type Page, page } from './paging.ts'

export function listed<T extends { readonly name: string }>(
  request: { readonly maxResults?: number; readonly nextToken?: string },
  references: readonly string[] | undefined,
  all: readonly T[],
  find: (reference: string) => T | undefined,
): Page<T> | Refusal {
  if (references?.length) {
    if (references.length > limits.pageSize)
      return refuse(`At most ${limits.pageSize} resources can be described at once.`)
    return { items: [...new Set(references.flatMap((reference) => find(reference) ?? []))] }
  }
  const sorted = [...all].sort((a, b) => (a.name < b.name ? -1 : 1))
  return page(sorted, (it) => it.name, request, 'by name')
}
