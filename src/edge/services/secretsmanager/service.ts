/** Secrets Manager on the wire: JSON 1.1. Its secrets are the operator's. */
import { secretsmanagerOperations as shapes } from '../../generated/operations.ts'
import { jsonService } from '../json-service.ts'
import { describeSecret } from './describe-secret.ts'
import { getSecretValue } from './get-secret-value.ts'

export const secretsmanager = jsonService({
  name: 'secretsmanager',
  title: 'Secrets Manager',
  targetPrefix: 'secretsmanager.',
  operations: [getSecretValue, describeSecret],
  shapes,
})
