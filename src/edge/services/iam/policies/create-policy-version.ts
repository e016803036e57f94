/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
import { checkPolicyDocument } from '../../../../access/granted-policies.ts'
import { createPolicyVersion as decide } from '../../../../access/identities/decide-managed-policy.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { versionAnswer } from '../answers.ts'
import { change } from '../change.ts'

export const createPolicyVersion = defineOperation('iam', 'CreatePolicyVersion', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle({ PolicyArn: arn, PolicyDocument: document, SetAsDefault: setAsDefault = false }, context) {
    const given = { arn, document, setAsDefault }
    const version = change(context, (known, occasion) => decide(known, given, checkPolicyDocument, occasion))
    if (isRefusal(version)) return version
    return { PolicyVersion: versionAnswer(version, { defaultVersionId: setAsDefault ? version.versionId : '' }) }
  },
})
