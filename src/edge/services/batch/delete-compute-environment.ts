/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteComputeEnvironment.html */
import { deleteComputeEnvironment as remove } from '../../../core/compute-environment/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deleteComputeEnvironment = defineOperation('batch', 'DeleteComputeEnvironment', {
  resource: (input, { backend }) => resourceArn(backend, 'compute-environment', input.computeEnvironment),
  handle: (input, context) => executeQuietly(context, 'DeleteComputeEnvironment', remove(input.computeEnvironment)),
})
