/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
import { invalidParameter } from '../../../logs/log-refusal.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { groupOf, groupResource } from './log-group.ts'

export const createLogGroup = defineOperation('logs', 'CreateLogGroup', {
  resource: (input, { backend }) => groupResource(backend, input),
  handle(input, { backend, principal }) {
    const group = groupOf(input, backend)
    if (isRefusal(group)) return group
    const { kmsKeyId, logGroupClass = 'STANDARD', deletionProtectionEnabled } = input
    if (kmsKeyId !== undefined) return invalidParameter('openbatch does not offer kmsKeyId.')
    if (logGroupClass !== 'STANDARD') return invalidParameter(`openbatch does not offer the class ${logGroupClass}.`)
    if (deletionProtectionEnabled) return invalidParameter('openbatch does not offer deletionProtectionEnabled.')
    return backend.logs.written.createGroup({ group, owner: principal.name })
  },
})
