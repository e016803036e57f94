/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html */
import { updateRole } from '../../../../access/identities/decide-role.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { roleAnswer } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

/** The older way, by which Terraform changes a description. */
export const updateRoleDescription = defineOperation('iam', 'UpdateRoleDescription', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle({ RoleName: roleName, Description: description }, context) {
    const role = change(context, (known) => updateRole(known, { roleName, description }))
    return isRefusal(role) ? role : { Role: roleAnswer(context.backend.account, role) }
  },
})
