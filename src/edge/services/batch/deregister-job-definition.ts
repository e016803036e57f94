/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeregisterJobDefinition.html */
import { deregisterJobDefinition as deregister } from '../../../core/job-definition/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deregisterJobDefinition = defineOperation('batch', 'DeregisterJobDefinition', {
  resource: (input, { backend }) => resourceArn(backend, 'job-definition', input.jobDefinition),
  handle: (input, context) => executeQuietly(context, 'DeregisterJobDefinition', deregister(input.jobDefinition)),
})
