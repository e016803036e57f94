/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html */
import { noSuch } from '../../../../access/identities/iam-refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { groupAnswer, userAnswer } from '../answers.ts'
import { byName, pageOf } from '../page.ts'
import { arnOfHolder } from '../resources.ts'

/** The group and its members. */
export const getGroup = defineOperation('iam', 'GetGroup', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle(input, { backend: { account, identities } }) {
    const known = identities.current()
    const group = known.named('group', input.GroupName)
    if (!group) return noSuch('group', input.GroupName)
    const page = pageOf(known.membersOf(group), byName, input)
    const Users = page.items.map((user) => userAnswer(account, user))
    return { Group: groupAnswer(account, group), Users, ...page.end }
  },
})
