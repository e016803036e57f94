/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html */
import { updateRole as decide } from '../../../../access/identities/decide-role.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

/** Keeps what the request does not name. */
export const updateRole = defineOperation('iam', 'UpdateRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle({ RoleName, Description, MaxSessionDuration }, context) {
    const given = {
      ...{ roleName: RoleName },
      ...(Description !== undefined && { description: Description }),
      ...(MaxSessionDuration !== undefined && { maxSessionSeconds: MaxSessionDuration }),
    }
    const role = change(context, (known) => decide(known, given))
    return isRefusal(role) ? role : {}
  },
})
