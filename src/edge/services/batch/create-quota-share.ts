/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateQuotaShare.html */
import { administrators } from '../../../access/rule.ts'
import { createQuotaShare as create } from '../../../core/quota-share/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const createQuotaShare = defineOperation('batch', 'CreateQuotaShare', {
  who: administrators,
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle: (input, context) => execute(context, 'CreateQuotaShare', create(input)),
})
