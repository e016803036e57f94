/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { userAnswer, withTags } from '../answers.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'

/** Without a name: whoever asks. */
export const getUser = defineOperation('iam', 'GetUser', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  handle(input, context) {
    const user = userOf(input, context)
    return isRefusal(user) ? user : { User: withTags(userAnswer(context.backend.account, user), user.tags) }
  },
})
