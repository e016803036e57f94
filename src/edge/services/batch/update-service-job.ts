/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateServiceJob.html */
import { refuseServiceJobUpdate } from '../../../core/service-job/decide.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const updateServiceJob = defineOperation('batch', 'UpdateServiceJob', {
  resource: (input, { backend }) => resourceArn(backend, 'service-job', input.jobId),
  handle: (input) => refuseServiceJobUpdate(input),
})
