/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
import { checkPolicyDocument } from '../../../../access/granted-policies.ts'
import { updateTrustPolicy } from '../../../../access/identities/decide-role.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const updateAssumeRolePolicy = defineOperation('iam', 'UpdateAssumeRolePolicy', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName: roleName, PolicyDocument: trustPolicy }, context) =>
    change(context, (known) => updateTrustPolicy(known, { roleName, trustPolicy }, checkPolicyDocument)),
})
