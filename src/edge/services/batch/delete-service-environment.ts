/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteServiceEnvironment.html */
import { deleteServiceEnvironment as remove } from '../../../core/service-environment/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deleteServiceEnvironment = defineOperation('batch', 'DeleteServiceEnvironment', {
  resource: (input, { backend }) => resourceArn(backend, 'service-environment', input.serviceEnvironment),
  handle: (input, context) => executeQuietly(context, 'DeleteServiceEnvironment', remove(input.serviceEnvironment)),
})
