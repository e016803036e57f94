/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html */
import { deleteLoginProfile as decide } from '../../../../access/identities/decide-user.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userNameOf } from '../whose.ts'

export const deleteLoginProfile = defineOperation('iam', 'DeleteLoginProfile', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  handle(input, context) {
    const userName = userNameOf(input, context)
    return isRefusal(userName) ? userName : change(context, (known) => decide(known, userName))
  },
})
