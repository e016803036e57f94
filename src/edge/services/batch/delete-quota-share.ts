/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteQuotaShare.html */
import { deleteQuotaShare as remove } from '../../../core/quota-share/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'

export const deleteQuotaShare = defineOperation('batch', 'DeleteQuotaShare', {
  resource: (input) => input.quotaShareArn,
  handle: (input, context) => executeQuietly(context, 'DeleteQuotaShare', remove(input.quotaShareArn)),
})
