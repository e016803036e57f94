/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeServiceJob.html */
import { serviceJobNotFound } from '../../../core/service-job/decide.ts'
import { defineOperation } from '../../operation.ts'

export const describeServiceJob = defineOperation('batch', 'DescribeServiceJob', {
  resource: () => '*',
  handle: (input) => serviceJobNotFound(input.jobId),
})
