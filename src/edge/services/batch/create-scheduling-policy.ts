/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateSchedulingPolicy.html */
import { createSchedulingPolicy as create } from '../../../core/scheduling-policy/decide.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const createSchedulingPolicy = defineOperation('batch', 'CreateSchedulingPolicy', {
  resource: (input, { backend }) => arn(backend, 'scheduling-policy', input.name),
  handle: (input, context) => execute(context, 'CreateSchedulingPolicy', create(input)),
})
