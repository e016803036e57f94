/** Managed policies are attached; https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html */
import { attachPolicy } from '../../../../access/identities/decide-held-policy.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'
import { policyAsked } from './policy-asked.ts'

export const attachUserPolicy = defineOperation('iam', 'AttachUserPolicy', {
  ...policyAsked,
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ UserName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => attachPolicy(known, { to: { kind: 'user', name }, arn }, occasion)),
})

export const attachGroupPolicy = defineOperation('iam', 'AttachGroupPolicy', {
  ...policyAsked,
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle: ({ GroupName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => attachPolicy(known, { to: { kind: 'group', name }, arn }, occasion)),
})

export const attachRolePolicy = defineOperation('iam', 'AttachRolePolicy', {
  ...policyAsked,
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName: name, PolicyArn: arn }, context) =>
    change(context, (known, occasion) => attachPolicy(known, { to: { kind: 'role', name }, arn }, occasion)),
})
