/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
import { isRefusal } from '../../../model/refusal.ts'
import { secretArn, versionIdOf } from '../../../secrets/secret-arn.ts'
import { defineOperation } from '../../operation.ts'
import { currentStage, noSecret, secretAsked, secretResource } from './secret-asked.ts'

export const getSecretValue = defineOperation('secretsmanager', 'GetSecretValue', {
  resource: ({ SecretId }, { backend }) => secretResource(SecretId, backend),
  givesRights: true,
  handle({ SecretId, VersionId, VersionStage = currentStage }, { backend }) {
    const secret = secretAsked(SecretId, backend)
    if (isRefusal(secret)) return secret
    const version = versionIdOf(secret)
    const notFound = (what: string) => noSecret(`Secrets Manager can't find the specified secret value for ${what}`)
    if (VersionId !== undefined && VersionId !== version) return notFound(`VersionId: ${VersionId}`)
    if (VersionStage !== currentStage) return notFound(`staging label: ${VersionStage}`)
    return {
      ARN: secretArn(backend, secret.name),
      Name: secret.name,
      VersionId: version,
      SecretString: secret.value,
      VersionStages: [currentStage],
      CreatedDate: secret.changedAtMs / 1000,
    }
  },
})
