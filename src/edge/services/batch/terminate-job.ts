/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html */
import { terminateJob as terminate } from '../../../core/job/cancel.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { orAbsent } from './or-absent.ts'
import { resourceArn } from './resource-arn.ts'

export const terminateJob = defineOperation('batch', 'TerminateJob', {
  resource: (input, { backend }) => resourceArn(backend, 'job', input.jobId),
  handle: (input, context) =>
    executeQuietly(
      context,
      'TerminateJob',
      terminate({ ...input, jobId: orAbsent(context, input.jobId), by: context.principal.name }),
    ),
})
