/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html */
import { users } from '../../../access/rule.ts'
import { terminateJobs as stop } from '../../../core/job/stop-jobs.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArns } from './resource-arn.ts'

export const terminateJobs = defineOperation('batch', 'TerminateJobs', {
  authorisedAs: 'TerminateJob',
  who: users,
  resource: (input, { backend }) => resourceArns(backend, 'job', input.jobs),
  handle: (input, context) => execute(context, 'TerminateJobs', stop(input, context.principal.name)),
})
