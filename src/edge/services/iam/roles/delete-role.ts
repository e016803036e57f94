/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
import { deleteRole as decide } from '../../../../access/identities/decide-role.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const deleteRole = defineOperation('iam', 'DeleteRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName }, context) => change(context, (known) => decide(known, RoleName)),
})
