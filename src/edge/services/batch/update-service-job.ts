/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateServiceJob.html */
import { refuseServiceJobUpdate } from '../../../core/decide/service-job.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const updateServiceJob = defineOperation('batch', 'UpdateServiceJob', {
  resource: (input, { services }) => resourceArn(services, 'service-job', input.jobId),
  handle: (input) => refuseServiceJobUpdate(input),
})
