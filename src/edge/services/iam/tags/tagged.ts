/** Whose tags an operation is about. Groups have none. */
import { findOwnPolicy } from '../../../../access/identities/decide-managed-policy.ts'
import type { ManagedPolicy, Role, User } from '../../../../access/identities/entities.ts'
import { type IamRefusal, noSuch } from '../../../../access/identities/iam-refusal.ts'
import type { Identities } from '../../../../access/identities/identities.ts'

export type Tagged =
  | { readonly kind: 'user' | 'role'; readonly name: string }
  | { readonly kind: 'policy'; readonly arn: string }

/** Refuses a shipped policy, which has no tags. */
export function findTagged(known: Identities, account: string, of: Tagged): User | Role | ManagedPolicy | IamRefusal {
  if (of.kind === 'policy') return findOwnPolicy(known, account, of.arn)
  return known.named(of.kind, of.name) ?? noSuch(of.kind, of.name)
}
