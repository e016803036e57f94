/** Inline policies are added or replaced; https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
import { checkPolicyDocument } from '../../../../access/granted-policies.ts'
import { type HolderName, putInlinePolicy } from '../../../../access/identities/decide-held-policy.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const putUserPolicy = defineOperation('iam', 'PutUserPolicy', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ UserName: name, ...policy }, context) => putPolicy(context, { kind: 'user', name }, policy),
})

export const putGroupPolicy = defineOperation('iam', 'PutGroupPolicy', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ GroupName: name, ...policy }, context) => putPolicy(context, { kind: 'group', name }, policy),
})

export const putRolePolicy = defineOperation('iam', 'PutRolePolicy', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ RoleName: name, ...policy }, context) => putPolicy(context, { kind: 'role', name }, policy),
})

function putPolicy(
  context: RequestContext,
  of: HolderName,
  {
    PolicyName: policyName,
    PolicyDocument: document,
  }: { readonly PolicyName: string; readonly PolicyDocument: string },
) {
  return change(context, (known) => putInlinePolicy(known, { of, policyName, document }, checkPolicyDocument))
}
