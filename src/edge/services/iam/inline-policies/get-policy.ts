/** One inline policy; https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
import type { HolderName } from '../../../../access/identities/decide-held-policy.ts'
import { type IamRefusal, noSuch } from '../../../../access/identities/iam-refusal.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { encodedDocument } from '../answers.ts'
import { arnOfHolder } from '../resources.ts'

export const getUserPolicy = defineOperation('iam', 'GetUserPolicy', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle(input, context) {
    const PolicyDocument = documentOf(context, { kind: 'user', name: input.UserName }, input.PolicyName)
    return isRefusal(PolicyDocument) ? PolicyDocument : { ...input, PolicyDocument }
  },
})

export const getGroupPolicy = defineOperation('iam', 'GetGroupPolicy', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle(input, context) {
    const PolicyDocument = documentOf(context, { kind: 'group', name: input.GroupName }, input.PolicyName)
    return isRefusal(PolicyDocument) ? PolicyDocument : { ...input, PolicyDocument }
  },
})

export const getRolePolicy = defineOperation('iam', 'GetRolePolicy', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle(input, context) {
    const PolicyDocument = documentOf(context, { kind: 'role', name: input.RoleName }, input.PolicyName)
    return isRefusal(PolicyDocument) ? PolicyDocument : { ...input, PolicyDocument }
  },
})

function documentOf({ backend }: RequestContext, { kind, name }: HolderName, policyName: string): string | IamRefusal {
  const holder = backend.identities.current().named(kind, name)
  if (!holder) return noSuch(kind, name)
  const { inlinePolicies } = holder
  return Object.hasOwn(inlinePolicies, policyName)
    ? encodedDocument(inlinePolicies[policyName]!)
    : noSuch(`${kind} policy`, policyName)
}
