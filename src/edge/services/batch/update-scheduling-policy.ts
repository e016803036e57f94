/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateSchedulingPolicy.html */
import { updateSchedulingPolicy as update } from '../../../core/scheduling-policy/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'

export const updateSchedulingPolicy = defineOperation('batch', 'UpdateSchedulingPolicy', {
  resource: (input) => input.arn,
  handle: (input, context) => executeQuietly(context, 'UpdateSchedulingPolicy', update(input)),
})
