/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJob.html */
import { cancelJob as cancel } from '../../../core/job/cancel.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { orAbsent } from './or-absent.ts'
import { resourceArn } from './resource-arn.ts'

export const cancelJob = defineOperation('batch', 'CancelJob', {
  resource: (input, { backend }) => resourceArn(backend, 'job', input.jobId),
  handle: (input, context) =>
    executeQuietly(
      context,
      'CancelJob',
      cancel({ ...input, jobId: orAbsent(context, input.jobId), by: context.principal.name }),
    ),
})
