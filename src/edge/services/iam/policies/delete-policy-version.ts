/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
import { deletePolicyVersion as decide } from '../../../../access/identities/decide-managed-policy.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'

export const deletePolicyVersion = defineOperation('iam', 'DeletePolicyVersion', {
  resource: ({ PolicyArn }) => PolicyArn,
  mentions: ({ VersionId }) => VersionId,
  handle: ({ PolicyArn: arn, VersionId: versionId }, context) =>
    change(context, (known, occasion) => decide(known, { arn, versionId }, occasion)),
})
