/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitServiceJob.html */
import { users } from '../../../access/rule.ts'
import { refuseServiceJob } from '../../../core/service-job/decide.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const submitServiceJob = defineOperation('batch', 'SubmitServiceJob', {
  who: users,
  resource: (input, { backend }) => resourceArn(backend, 'job-queue', input.jobQueue),
  handle: (input, { backend }) => refuseServiceJob(backend.loop.state, input),
})
