/**
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateServiceJob.html
 * Every id is unknown (core/service-job/decide.ts), which is no error, as with TerminateJob.
 */
import { checkReason, emptyJobId } from '../../../core/job/cancel.ts'
import { refuse } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const terminateServiceJob = defineOperation('batch', 'TerminateServiceJob', {
  resource: (input, { backend }) => resourceArn(backend, 'service-job', input.jobId),
  handle({ jobId, reason }) {
    const complaint = jobId === '' ? emptyJobId : checkReason(reason)
    return complaint === undefined ? {} : refuse(complaint)
  },
})
