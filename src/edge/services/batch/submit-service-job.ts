/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitServiceJob.html */
import { refuseServiceJob } from '../../../core/service-job/decide.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const submitServiceJob = defineOperation('batch', 'SubmitServiceJob', {
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle: (input, { backend }) => refuseServiceJob(backend.loop.state, input),
})
