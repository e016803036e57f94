/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeServiceJob.html */
import { users } from '../../../access/rule.ts'
import { serviceJobNotFound } from '../../../core/service-job/decide.ts'
import { defineOperation } from '../../operation.ts'

export const describeServiceJob = defineOperation('batch', 'DescribeServiceJob', {
  who: users,
  resource: () => '*',
  handle: (input) => serviceJobNotFound(input.jobId),
})
