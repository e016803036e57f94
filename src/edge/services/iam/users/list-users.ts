/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
import { defineOperation } from '../../../operation.ts'
import { userAnswer } from '../answers.ts'
import { byName, isBelow, pageOf } from '../page.ts'
import { arnOfList } from '../resources.ts'

export const listUsers = defineOperation('iam', 'ListUsers', {
  resource: (input, context) => arnOfList(context, 'user', input),
  handle(input, { backend }) {
    const page = pageOf(backend.identities.current().list('user').filter(isBelow(input)), byName, input)
    return { Users: page.items.map((user) => userAnswer(backend.account, user)), ...page.end }
  },
})
