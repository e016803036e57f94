/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { keyAnswer } from '../answers.ts'
import { pageOf } from '../page.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'

export const listAccessKeys = defineOperation('iam', 'ListAccessKeys', {
  resource: ({ UserName }, context) => arnOfUser(context, UserName),
  handle(input, context) {
    const user = userOf(input, context)
    if (isRefusal(user)) return user
    const page = pageOf(context.backend.identities.current().keysOf(user), ({ id }) => id, input)
    return { AccessKeyMetadata: page.items.map((key) => keyAnswer(user.name, key)), ...page.end }
  },
})
