/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { withTags } from '../answers.ts'
import { findPolicy, policyAnswer } from './policy-view.ts'

export const getPolicy = defineOperation('iam', 'GetPolicy', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle({ PolicyArn }, { backend: { account, identities } }) {
    const known = identities.current()
    const policy = findPolicy(known, account, PolicyArn)
    if (isRefusal(policy)) return policy
    const { description: Description } = policy
    const answer = { ...policyAnswer(known, policy), ...(Description !== undefined && { Description }) }
    return { Policy: withTags(answer, policy.tags) }
  },
})
