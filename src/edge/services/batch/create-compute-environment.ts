/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html */
import { createComputeEnvironment as create } from '../../../core/compute-environment/decide.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const createComputeEnvironment = defineOperation('batch', 'CreateComputeEnvironment', {
  resource: (input, { backend }) => arn(backend, 'compute-environment', input.computeEnvironmentName),
  handle: (input, context) => execute(context, 'CreateComputeEnvironment', create(input)),
})
