/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
import { defineOperation } from '../../../operation.ts'
import { roleAnswer } from '../answers.ts'
import { byName, isBelow, pageOf } from '../page.ts'
import { arnOfList } from '../resources.ts'

export const listRoles = defineOperation('iam', 'ListRoles', {
  resource: (input, context) => arnOfList(context, 'role', input),
  handle(input, { backend }) {
    const page = pageOf(backend.identities.current().list('role').filter(isBelow(input)), byName, input)
    return { Roles: page.items.map((role) => roleAnswer(backend.account, role)), ...page.end }
  },
})
