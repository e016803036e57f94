/** redun with its executor for AWS Batch: an array job, its code and values in the object store. */
import { exerciseManager } from './exercise-manager.ts'

exerciseManager({
  manager: 'redun',
  prints: [/Run\s+Job [0-9a-f]+:\s+squares\.square/, /^55$/m],
})
