/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
import { noSuch } from '../../../../access/identities/iam-refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { roleAnswer, withTags } from '../answers.ts'
import { arnOfHolder } from '../resources.ts'

export const getRole = defineOperation('iam', 'GetRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle({ RoleName }, { backend: { account, identities } }) {
    const role = identities.current().named('role', RoleName)
    return role ? { Role: withTags(roleAnswer(account, role), role.tags) } : noSuch('role', RoleName)
  },
})
