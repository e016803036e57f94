/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html */
import { updateLoginProfile } from '../../../../access/identities/decide-user.ts'
import { iamRefusal } from '../../../../access/identities/iam-refusal.ts'
import { checkPassword, hashPassword, verifyPassword } from '../../../../access/identities/password.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'

/** A user changes the password of oneself, and must know the old one. */
export const changePassword = defineOperation('iam', 'ChangePassword', {
  resource: (_, context) => arnOfUser(context, undefined),
  async handle({ OldPassword, NewPassword }, context) {
    const user = userOf({}, context)
    if (isRefusal(user)) return user
    const refused = checkPassword(NewPassword)
    if (refused) return refused
    if (!(await verifyPassword(OldPassword, user.loginProfile?.password))) return wrongPassword
    const password = await hashPassword(NewPassword)
    const changed = change(context, (known) => {
      // Somebody else may have changed the password while it was hashed.
      const before = known.find('user', user.id)?.loginProfile?.password.hash
      if (before !== user.loginProfile?.password.hash) return wrongPassword
      return updateLoginProfile(known, user.name, { password, passwordResetRequired: false })
    })
    return isRefusal(changed) ? changed : undefined
  },
})

const wrongPassword = iamRefusal('InvalidInput', 'The old password was incorrect.')
