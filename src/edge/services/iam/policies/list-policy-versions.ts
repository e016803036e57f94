/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
import type { PolicyVersion } from '../../../../access/identities/entities.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { versionAnswer } from '../answers.ts'
import { pageOf } from '../page.ts'
import { findPolicy } from './policy-view.ts'

/** The newest first, as on AWS. */
export const listPolicyVersions = defineOperation('iam', 'ListPolicyVersions', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle(input, { backend: { account, identities } }) {
    const policy = findPolicy(identities.current(), account, input.PolicyArn)
    if (isRefusal(policy)) return policy
    const page = pageOf(policy.versions, newestFirst, input)
    return { Versions: page.items.map((version) => versionAnswer(version, policy)), ...page.end }
  },
})

function newestFirst({ versionId }: PolicyVersion): string {
  return String(Number.MAX_SAFE_INTEGER - Number(versionId.slice(1)))
}
