/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateComputeEnvironment.html */
import { updateComputeEnvironment as update } from '../../../core/compute-environment/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const updateComputeEnvironment = defineOperation('batch', 'UpdateComputeEnvironment', {
  resource: (input, { backend }) => resourceArn(backend, 'compute-environment', input.computeEnvironment),
  handle: (input, context) => execute(context, 'UpdateComputeEnvironment', update(input)),
})
