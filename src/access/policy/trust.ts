/** The trust policy of a role: who may assume it. */
import type { NamedPolicy } from './evaluate.ts'
import { isMalformed, parsePolicyDocument } from './policy-document.ts'

/** Undefined for a document that cannot be read: nobody assumes the role then. */
export function trustOf({ name, trustPolicy }: { name: string; trustPolicy: string }): NamedPolicy | undefined {
  const document = parsePolicyDocument(trustPolicy, 'trust')
  return isMalformed(document) ? undefined : { name: `trust policy of role ${name}`, document }
}
