/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateQuotaShare.html */
import { createQuotaShare as create } from '../../../core/quota-share/decide.ts'
import { parseArn, quotaShareArn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const createQuotaShare = defineOperation('batch', 'CreateQuotaShare', {
  resource: ({ jobQueue, quotaShareName }, { backend }) => [
    resourceArn(backend, 'job-queue', jobQueue),
    quotaShareArn(backend, parseArn(jobQueue)?.name ?? jobQueue, quotaShareName),
  ],
  handle: (input, context) => execute(context, 'CreateQuotaShare', create(input)),
})
