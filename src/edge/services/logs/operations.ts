/**
 * The CloudWatch Logs operations that are built. The others answer that they are not built (see
 * `../json-service.ts`).
 */
import type { Operation } from '../../operation.ts'
import { createLogGroup } from './create-log-group.ts'
import { createLogStream } from './create-log-stream.ts'
import { deleteLogGroup } from './delete-log-group.ts'
import { deleteLogStream } from './delete-log-stream.ts'
import { deleteRetentionPolicy } from './delete-retention-policy.ts'
import { describeLogGroups } from './describe-log-groups.ts'
import { describeLogStreams } from './describe-log-streams.ts'
import { filterLogEvents } from './filter-log-events.ts'
import { getLogEvents } from './get-log-events.ts'
import { putLogEvents } from './put-log-events.ts'
import { putRetentionPolicy } from './put-retention-policy.ts'

export const logsOperations: readonly Operation[] = [
  ...[describeLogGroups, describeLogStreams, filterLogEvents, getLogEvents],
  ...[createLogGroup, deleteLogGroup, putRetentionPolicy, deleteRetentionPolicy],
  ...[createLogStream, deleteLogStream, putLogEvents],
]
