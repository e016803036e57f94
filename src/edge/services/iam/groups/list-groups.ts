/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html */
import { defineOperation } from '../../../operation.ts'
import { groupAnswer } from '../answers.ts'
import { byName, isBelow, pageOf } from '../page.ts'
import { arnOfList } from '../resources.ts'

export const listGroups = defineOperation('iam', 'ListGroups', {
  resource: (input, context) => arnOfList(context, 'group', input),
  handle(input, { backend }) {
    const page = pageOf(backend.identities.current().list('group').filter(isBelow(input)), byName, input)
    return { Groups: page.items.map((group) => groupAnswer(backend.account, group)), ...page.end }
  },
})
