/** Managed policies are detached; https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html */
import { detachPolicy } from '../../../../access/identities/decide-held-policy.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'
import { policyAsked } from './policy-asked.ts'

export const detachUserPolicy = defineOperation('iam', 'DetachUserPolicy', {
  ...policyAsked,
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ UserName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => detachPolicy(known, { from: { kind: 'user', name }, arn }, occasion)),
})

export const detachGroupPolicy = defineOperation('iam', 'DetachGroupPolicy', {
  ...policyAsked,
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle: ({ GroupName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => detachPolicy(known, { from: { kind: 'group', name }, arn }, occasion)),
})

export const detachRolePolicy = defineOperation('iam', 'DetachRolePolicy', {
  ...policyAsked,
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => detachPolicy(known, { from: { kind: 'role', name }, arn }, occasion)),
})
