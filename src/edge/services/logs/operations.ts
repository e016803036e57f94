/**
 * The CloudWatch Logs operations that are built. The others answer that they are not built (see
 * `service.ts`).
 */
import type { Operation } from '../../operation.ts'
import { describeLogGroups } from './describe-log-groups.ts'
import { describeLogStreams } from './describe-log-streams.ts'
import { filterLogEvents } from './filter-log-events.ts'
import { getLogEvents } from './get-log-events.ts'

export const logsOperations: readonly Operation[] = [
  describeLogGroups,
  describeLogStreams,
  filterLogEvents,
  getLogEvents,
]
