/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateQuotaShare.html */
import { updateQuotaShare as update } from '../../../core/quota-share/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const updateQuotaShare = defineOperation('batch', 'UpdateQuotaShare', {
  resource: (input) => input.quotaShareArn,
  handle: (input, context) => execute(context, 'UpdateQuotaShare', update(input)),
})
