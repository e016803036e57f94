/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html */
import { updateUser as decide } from '../../../../access/identities/decide-user.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder, arnOfNew } from '../resources.ts'

/** Needs permission on the user as it is and as it will be. Jobs stay with the name that submitted them. */
export const updateUser = defineOperation('iam', 'UpdateUser', {
  resource({ UserName, NewUserName = UserName, NewPath }, context) {
    const path = NewPath ?? context.backend.identities.current().named('user', UserName)?.path
    return [arnOfHolder(context, 'user', UserName), arnOfNew(context, 'user', NewUserName, path)]
  },
  handle({ UserName: userName, NewUserName: newUserName, NewPath: newPath }, context) {
    const given = {
      ...{ userName },
      ...(newUserName !== undefined && { newUserName }),
      ...(newPath !== undefined && { newPath }),
    }
    const user = change(context, (known) => decide(known, given))
    return isRefusal(user) ? user : undefined
  },
})
