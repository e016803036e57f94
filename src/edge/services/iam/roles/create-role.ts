/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
import { checkPolicyDocument } from '../../../../access/granted-policies.ts'
import { createRole as decide } from '../../../../access/identities/decide-role.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { roleAnswer, withTags } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfNew } from '../resources.ts'
import { givenTags } from '../tags/given-tags.ts'

export const createRole = defineOperation('iam', 'CreateRole', {
  resource: ({ RoleName, Path }, context) => arnOfNew(context, 'role', RoleName, Path),
  handle({ RoleName, AssumeRolePolicyDocument, Path, Description, MaxSessionDuration, Tags }, context) {
    const given = {
      ...{ roleName: RoleName, trustPolicy: AssumeRolePolicyDocument, tags: givenTags(Tags) },
      ...(Path !== undefined && { path: Path }),
      ...(Description !== undefined && { description: Description }),
      ...(MaxSessionDuration !== undefined && { maxSessionSeconds: MaxSessionDuration }),
    }
    const role = change(context, (known, occasion) => decide(known, given, checkPolicyDocument, occasion))
    return isRefusal(role) ? role : { Role: withTags(roleAnswer(context.backend.account, role), role.tags) }
  },
})
