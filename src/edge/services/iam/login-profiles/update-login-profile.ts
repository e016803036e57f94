/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html */
import { updateLoginProfile as decide, noLoginProfile } from '../../../../access/identities/decide-user.ts'
import { checkPassword, hashPassword } from '../../../../access/identities/password.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'
import { userOf } from '../whose.ts'

export const updateLoginProfile = defineOperation('iam', 'UpdateLoginProfile', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  async handle(input, context) {
    const found = userOf(input, context)
    if (isRefusal(found)) return found
    if (!found.loginProfile) return noLoginProfile(found.name)
    const { Password, PasswordResetRequired: passwordResetRequired } = input
    const refused = Password === undefined ? undefined : checkPassword(Password)
    if (refused) return refused
    const given = {
      ...(Password !== undefined && { password: await hashPassword(Password) }),
      ...(passwordResetRequired !== undefined && { passwordResetRequired }),
    }
    const user = change(context, (known) => decide(known, found.name, given))
    return isRefusal(user) ? user : undefined
  },
})
