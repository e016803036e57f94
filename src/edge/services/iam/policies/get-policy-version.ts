/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
import { noVersion } from '../../../../access/identities/iam-refusal.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { encodedDocument, versionAnswer } from '../answers.ts'
import { findPolicy } from './policy-view.ts'

export const getPolicyVersion = defineOperation('iam', 'GetPolicyVersion', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle({ PolicyArn, VersionId }, { backend: { account, identities } }) {
    const policy = findPolicy(identities.current(), account, PolicyArn)
    if (isRefusal(policy)) return policy
    const version = policy.versions.find(({ versionId }) => versionId === VersionId)
    if (!version) return noVersion(PolicyArn, VersionId)
    return { PolicyVersion: { Document: encodedDocument(version.document), ...versionAnswer(version, policy) } }
  },
})
