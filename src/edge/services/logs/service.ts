/** CloudWatch Logs on the wire: JSON 1.1. */
import { logsOperations as shapes } from '../../generated/operations.ts'
import { jsonService } from '../json-service.ts'
import { logsOperations } from './operations.ts'

export const logs = jsonService({
  name: 'logs',
  title: 'CloudWatch Logs',
  targetPrefix: 'Logs_20140328.',
  operations: logsOperations,
  shapes,
})
