/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateServiceEnvironment.html */
import { updateServiceEnvironment as update } from '../../../core/service-environment/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const updateServiceEnvironment = defineOperation('batch', 'UpdateServiceEnvironment', {
  resource: (input, { backend }) => resourceArn(backend, 'service-environment', input.serviceEnvironment),
  handle: (input, context) => execute(context, 'UpdateServiceEnvironment', update(input)),
})
