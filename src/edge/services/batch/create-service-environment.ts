/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateServiceEnvironment.html */
import { createServiceEnvironment as create } from '../../../core/service-environment/decide.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const createServiceEnvironment = defineOperation('batch', 'CreateServiceEnvironment', {
  resource: (input, { backend }) => arn(backend, 'service-environment', input.serviceEnvironmentName),
  handle: (input, context) => execute(context, 'CreateServiceEnvironment', create(input)),
})
