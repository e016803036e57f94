/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { groupAnswer } from '../answers.ts'
import { byName, pageOf } from '../page.ts'
import { arnOfHolder } from '../resources.ts'
import { userOf } from '../whose.ts'

export const listGroupsForUser = defineOperation('iam', 'ListGroupsForUser', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle(input, context) {
    const user = userOf(input, context)
    if (isRefusal(user)) return user
    const { account, identities } = context.backend
    const page = pageOf(identities.current().groupsOf(user), byName, input)
    return { Groups: page.items.map((group) => groupAnswer(account, group)), ...page.end }
  },
})
