/** Attached policies; https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
import type { HolderName } from '../../../../access/identities/decide-held-policy.ts'
import { noSuch } from '../../../../access/identities/iam-refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { byName, isBelow, type PageRequest, pageOf } from '../page.ts'
import { findPolicyById } from '../policies/policy-view.ts'
import { arnOfHolder } from '../resources.ts'

export const listAttachedUserPolicies = defineOperation('iam', 'ListAttachedUserPolicies', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: (input, context) => attachedTo(context, { kind: 'user', name: input.UserName }, input),
})

export const listAttachedGroupPolicies = defineOperation('iam', 'ListAttachedGroupPolicies', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle: (input, context) => attachedTo(context, { kind: 'group', name: input.GroupName }, input),
})

export const listAttachedRolePolicies = defineOperation('iam', 'ListAttachedRolePolicies', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: (input, context) => attachedTo(context, { kind: 'role', name: input.RoleName }, input),
})

function attachedTo(
  { backend: { account, identities } }: RequestContext,
  { kind, name }: HolderName,
  input: PageRequest & { readonly PathPrefix?: string },
) {
  const known = identities.current()
  const holder = known.named(kind, name)
  if (!holder) return noSuch(kind, name)
  const policies = holder.attachedPolicyIds.flatMap((id) => findPolicyById(known, account, id) ?? [])
  const page = pageOf(policies.filter(isBelow(input)), byName, input)
  return { AttachedPolicies: page.items.map((it) => ({ PolicyName: it.name, PolicyArn: it.arn })), ...page.end }
}
