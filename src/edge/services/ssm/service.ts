/** Systems Manager on the wire: JSON 1.1. The operator's secrets are its parameters. */
import { ssmOperations as shapes } from '../../generated/operations.ts'
import { jsonService } from '../json-service.ts'
import { getParameter } from './get-parameter.ts'
import { getParameters } from './get-parameters.ts'

export const ssm = jsonService({
  name: 'ssm',
  title: 'Systems Manager',
  targetPrefix: 'AmazonSSM.',
  operations: [getParameter, getParameters],
  shapes,
})
