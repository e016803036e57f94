/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html */
import { createLoginProfile as decide } from '../../../../access/identities/decide-user.ts'
import { invalidValue } from '../../../../access/identities/iam-refusal.ts'
import { checkPassword, hashPassword } from '../../../../access/identities/password.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'
import { loginProfileAnswer } from './login-profile-answer.ts'

export const createLoginProfile = defineOperation('iam', 'CreateLoginProfile', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  async handle(input, context) {
    const found = userOf(input, context)
    if (isRefusal(found)) return found
    const { Password, PasswordResetRequired: passwordResetRequired = false } = input
    if (Password === undefined) return invalidValue('password', 'not be null', 'null')
    const refused = checkPassword(Password)
    if (refused) return refused
    const password = await hashPassword(Password)
    const user = change(context, (known, occasion) =>
      decide(known, found.name, { password, passwordResetRequired }, occasion),
    )
    return isRefusal(user) ? user : { LoginProfile: loginProfileAnswer(user)! }
  },
})
