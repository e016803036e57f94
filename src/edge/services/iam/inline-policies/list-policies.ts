/** The names of inline policies; https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
import type { HolderName } from '../../../../access/identities/decide-held-policy.ts'
import { noSuch } from '../../../../access/identities/iam-refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { type PageRequest, pageOf } from '../page.ts'
import { arnOfHolder } from '../resources.ts'

export const listUserPolicies = defineOperation('iam', 'ListUserPolicies', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: (input, context) => namesOf(context, { kind: 'user', name: input.UserName }, input),
})

export const listGroupPolicies = defineOperation('iam', 'ListGroupPolicies', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle: (input, context) => namesOf(context, { kind: 'group', name: input.GroupName }, input),
})

export const listRolePolicies = defineOperation('iam', 'ListRolePolicies', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: (input, context) => namesOf(context, { kind: 'role', name: input.RoleName }, input),
})

function namesOf({ backend }: RequestContext, { kind, name }: HolderName, input: PageRequest) {
  const holder = backend.identities.current().named(kind, name)
  if (!holder) return noSuch(kind, name)
  const page = pageOf(Object.keys(holder.inlinePolicies), (policyName) => policyName, input)
  return { PolicyNames: page.items, ...page.end }
}
