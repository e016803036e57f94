/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html */
import { terminateJobs as stop } from '../../../core/job/stop-jobs.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { execute } from './execute.ts'
import { forAllowed } from './refused-each.ts'
import { resourceArns } from './resource-arn.ts'

export const terminateJobs = defineOperation('batch', 'TerminateJobs', {
  authorisedAs: 'TerminateJob',
  resource: (input, { backend }) => resourceArns(backend, 'job', input.jobs),
  refusesEach: true,
  handle: (input, context) =>
    forAllowed(input, 'job', context, (allowed) =>
      execute(context, 'TerminateJobs', stop(allowed, { by: context.principal.name, hides: sightOf(context).hides })),
    ),
})
