/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html */
import { noLoginProfile } from '../../../../access/identities/decide-user.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'
import { loginProfileAnswer } from './login-profile-answer.ts'

export const getLoginProfile = defineOperation('iam', 'GetLoginProfile', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  handle(input, context) {
    const user = userOf(input, context)
    if (isRefusal(user)) return user
    const LoginProfile = loginProfileAnswer(user)
    return LoginProfile ? { LoginProfile } : noLoginProfile(user.name)
  },
})
