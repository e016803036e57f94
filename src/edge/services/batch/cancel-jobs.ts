/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJobs.html */
import { users } from '../../../access/rule.ts'
import { cancelJobs as stop } from '../../../core/job/stop-jobs.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArns } from './resource-arn.ts'

export const cancelJobs = defineOperation('batch', 'CancelJobs', {
  authorisedAs: 'CancelJob',
  who: users,
  resource: (input, { backend }) => resourceArns(backend, 'job', input.jobs),
  handle: (input, context) => execute(context, 'CancelJobs', stop(input, context.principal.name)),
})
