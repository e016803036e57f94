/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteSchedulingPolicy.html */
import { deleteSchedulingPolicy as remove } from '../../../core/scheduling-policy/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'

export const deleteSchedulingPolicy = defineOperation('batch', 'DeleteSchedulingPolicy', {
  resource: (input) => input.arn,
  handle: (input, context) => executeQuietly(context, 'DeleteSchedulingPolicy', remove(input.arn)),
})
