/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
import { checkPolicyDocument } from '../../../../access/granted-policies.ts'
import { createPolicy as decide } from '../../../../access/identities/decide-managed-policy.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { withTags } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfNew } from '../resources.ts'
import { givenTags } from '../tags/given-tags.ts'
import { findPolicyById, policyAnswer } from './policy-view.ts'

export const createPolicy = defineOperation('iam', 'CreatePolicy', {
  resource: ({ PolicyName, Path }, context) => arnOfNew(context, 'policy', PolicyName, Path),
  handle({ PolicyName, PolicyDocument, Path, Description, Tags }, context) {
    const given = {
      ...{ policyName: PolicyName, document: PolicyDocument, tags: givenTags(Tags) },
      ...(Path !== undefined && { path: Path }),
      ...(Description !== undefined && { description: Description }),
    }
    const policy = change(context, (known, occasion) => decide(known, given, checkPolicyDocument, occasion))
    if (isRefusal(policy)) return policy
    const { account, identities } = context.backend
    const known = identities.current()
    return { Policy: withTags(policyAnswer(known, findPolicyById(known, account, policy.id)!), policy.tags) }
  },
})
