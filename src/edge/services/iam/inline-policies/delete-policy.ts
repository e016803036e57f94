/** Inline policies are deleted; https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
import { deleteInlinePolicy } from '../../../../access/identities/decide-held-policy.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const deleteUserPolicy = defineOperation('iam', 'DeleteUserPolicy', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ UserName: name, PolicyName: policyName }, context) =>
    change(context, (known) => deleteInlinePolicy(known, { of: { kind: 'user', name }, policyName })),
})

export const deleteGroupPolicy = defineOperation('iam', 'DeleteGroupPolicy', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ GroupName: name, PolicyName: policyName }, context) =>
    change(context, (known) => deleteInlinePolicy(known, { of: { kind: 'group', name }, policyName })),
})

export const deleteRolePolicy = defineOperation('iam', 'DeleteRolePolicy', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  mentions: ({ PolicyName }) => PolicyName,
  handle: ({ RoleName: name, PolicyName: policyName }, context) =>
    change(context, (known) => deleteInlinePolicy(known, { of: { kind: 'role', name }, policyName })),
})
