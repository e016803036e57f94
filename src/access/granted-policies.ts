/** Reads the policy documents that apply to a user or role. Each is parsed once. */

import { limits } from '../model/limits.ts'
import { defaultDocument } from './identities/decide-managed-policy.ts'
import type { ManagedPolicy } from './identities/entities.ts'
import type { GrantedPolicy } from './identities/identities.ts'
import type { NamedPolicy } from './policy/evaluate.ts'
import { isMalformed, type PolicyDocument, parsePolicyDocument } from './policy/policy-document.ts'
import { shippedPolicy } from './policy/shipped.ts'

/** Undefined if the document is malformed. */
type Parsed = PolicyDocument | undefined

const managed = new WeakMap<ManagedPolicy, Parsed>()
const inline = new WeakMap<GrantedPolicy['holder'], Map<string, Parsed>>()

/**
 * Returns no policies at all if one of them cannot be read, because it might deny what the others
 * allow. Documents are checked before they are stored, so this happens only after a change by hand.
 */
export function namedPolicies(granted: readonly GrantedPolicy[]): readonly NamedPolicy[] {
  const named: NamedPolicy[] = []
  for (const policy of granted) {
    if (policy.kind === 'shipped') {
      named.push(shippedPolicy(policy.name))
      continue
    }
    const document = policy.kind === 'managed' ? ofManaged(policy.policy) : ofHolder(policy)
    if (!document) return []
    named.push({ name: nameOf(policy), document })
  }
  return named
}

/** Returns the fault of a document in AWS's words; undefined if there is none. */
export function checkPolicyDocument(text: string, kind: 'identity' | 'trust'): string | undefined {
  const result = parsePolicyDocument(text, kind)
  return isMalformed(result) ? result.malformed : undefined
}

function nameOf(policy: Exclude<GrantedPolicy, { kind: 'shipped' }>): string {
  return policy.kind === 'managed'
    ? policy.policy.name
    : `${policy.name} of ${policy.holder.kind} ${policy.holder.name}`
}

function ofManaged(policy: ManagedPolicy): Parsed {
  if (!managed.has(policy)) managed.set(policy, parse(defaultDocument(policy)))
  return managed.get(policy)
}

function ofHolder({ holder, name, document }: Extract<GrantedPolicy, { kind: 'inline' }>): Parsed {
  const known = inline.get(holder) ?? new Map<string, Parsed>()
  if (!known.has(name)) known.set(name, parse(document))
  inline.set(holder, known)
  return known.get(name)
}

/** By text: when another process changes one identity, all are read again, and most documents are as before. */
const byText = new Map<string, Parsed>()

function parse(text: string): Parsed {
  if (byText.has(text)) return byText.get(text)
  const result = parsePolicyDocument(text, 'identity')
  const parsed = isMalformed(result) ? undefined : result
  if (byText.size >= limits.policiesKeptParsed) byText.clear()
  byText.set(text, parsed)
  return parsed
}
