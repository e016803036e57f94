/**
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateServiceJobs.html
 * Every id is unknown (core/service-job/decide.ts), which counts as successful.
 */
import { users } from '../../../access/rule.ts'
import { bulkAnswer, refuseBulk } from '../../../core/job/stop-jobs.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArns } from './resource-arn.ts'

export const terminateServiceJobs = defineOperation('batch', 'TerminateServiceJobs', {
  authorisedAs: 'TerminateServiceJob',
  who: users,
  resource: (input, { backend }) => resourceArns(backend, 'service-job', input.jobs),
  handle: (input) => refuseBulk(input) ?? bulkAnswer(input.jobs),
})
