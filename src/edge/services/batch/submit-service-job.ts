/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitServiceJob.html */
import { refuseServiceJob } from '../../../core/decide/service-job.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const submitServiceJob = defineOperation('batch', 'SubmitServiceJob', {
  resource: (input, { services }) => resourceArn(services, 'job-queue', input.jobQueue),
  handle: (input, { services }) => refuseServiceJob(services.loop.state, input),
})
