/**
 * `POST /api/held/{job}/release` lets a job run that is held since a restore, or all of them with
 * `*` as the id; docs/operate/backup.md.
 */
import { administrators } from '../../../../access/rule.ts'
import type { ReleaseAnswer } from '../../../../wire/held.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  /** A job's id, or an asterisk. */
  readonly jobId: string
}

export const releaseJob = defineOwnOperation<Input, ReleaseAnswer>('ReleaseJob', {
  method: 'POST',
  path: '/api/held/:jobId/release',
  who: administrators,
  handle: ({ jobId }, { backend }) => backend.epoch.release(jobId === '*' ? undefined : [jobId]),
})
