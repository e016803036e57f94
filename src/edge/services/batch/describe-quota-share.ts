/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeQuotaShare.html */
import { describeQuotaShare as describe, findQuotaShare } from '../../../core/quota-share/read.ts'
import { quotaShareNotFound } from '../../../core/reference.ts'
import { defineOperation } from '../../operation.ts'

export const describeQuotaShare = defineOperation('batch', 'DescribeQuotaShare', {
  resource: (input) => input.quotaShareArn,
  handle(input, { backend }) {
    const found = findQuotaShare(backend.loop.state, input.quotaShareArn)
    return found ? describe(found) : quotaShareNotFound(input.quotaShareArn)
  },
})
