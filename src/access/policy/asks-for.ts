/**
 * Whether policies ask for condition keys that cost something to answer. Found once for each list of
 * policies, which must not change.
 */
import type { NamedPolicy } from './evaluate.ts'
import type { Statement } from './policy-document.ts'

const kept = new WeakMap<readonly NamedPolicy[], Map<string, boolean>>()

/** `family` is in lower case: a key, or the beginning of keys (`s3:existingobjecttag/`). */
export function asksFor(policies: readonly NamedPolicy[], family: string): boolean {
  const known = kept.get(policies) ?? new Map<string, boolean>()
  kept.set(policies, known)
  const before = known.get(family)
  if (before !== undefined) return before
  const found = policies.some(({ document }) => document.statements.some((statement) => names(statement, family)))
  known.set(family, found)
  return found
}

function names({ conditions, resources }: Statement, family: string): boolean {
  const isIn = (text: string) => text.toLowerCase().includes(`\${${family}`)
  return (
    conditions.some(({ key, values }) => key.startsWith(family) || values.some(isIn)) ||
    (resources?.patterns.some(({ text }) => isIn(text)) ?? false)
  )
}
