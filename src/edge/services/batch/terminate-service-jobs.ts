/**
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateServiceJobs.html
 * Every id is unknown (core/service-job/decide.ts), which counts as successful.
 */
import { bulkAnswer, refuseBulk } from '../../../core/job/stop-jobs.ts'
import { defineOperation } from '../../operation.ts'
import { forAllowed } from './refused-each.ts'
import { resourceArns } from './resource-arn.ts'

export const terminateServiceJobs = defineOperation('batch', 'TerminateServiceJobs', {
  authorisedAs: 'TerminateServiceJob',
  resource: (input, { backend }) => resourceArns(backend, 'service-job', input.jobs),
  refusesEach: true,
  handle: (input, context) =>
    forAllowed(input, 'service-job', context, ({ jobs }) => refuseBulk(input) ?? bulkAnswer(jobs)),
})
