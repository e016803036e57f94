/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
import { isRefusal } from '../../../model/refusal.ts'
import { secretArn, versionIdOf } from '../../../secrets/secret-arn.ts'
import { defineOperation } from '../../operation.ts'
import { currentStage, secretAsked, secretResource } from './secret-asked.ts'

export const describeSecret = defineOperation('secretsmanager', 'DescribeSecret', {
  resource: ({ SecretId }, { backend }) => secretResource(SecretId, backend),
  handle({ SecretId }, { backend }) {
    const secret = secretAsked(SecretId, backend)
    if (isRefusal(secret)) return secret
    return {
      ARN: secretArn(backend, secret.name),
      Name: secret.name,
      CreatedDate: secret.createdAtMs / 1000,
      LastChangedDate: secret.changedAtMs / 1000,
      VersionIdsToStages: { [versionIdOf(secret)]: [currentStage] },
    }
  },
})
