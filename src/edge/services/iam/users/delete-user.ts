/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
import { deleteUser as decide } from '../../../../access/identities/decide-user.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const deleteUser = defineOperation('iam', 'DeleteUser', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ UserName }, context) => change(context, (known) => decide(known, UserName)),
})
