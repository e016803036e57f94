/** `POST /api/held/{job}/release`: lets a job run that is held since a restore, or with `*` for its id all; docs/operate/backup.md. */
import type { ReleaseAnswer } from '../../../../wire/held.ts'
import { orAbsent } from '../../batch/or-absent.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  /** A job's id, or an asterisk. */
  readonly jobId: string
}

export const releaseJob = defineOwnOperation<Input, ReleaseAnswer>('ReleaseJob', {
  summary: 'Releases a held job, or all',
  answers: 'ReleaseAnswer',
  method: 'POST',
  path: '/api/held/:jobId/release',
  handle: ({ jobId }, context) => context.backend.epoch.release(jobId === '*' ? undefined : [orAbsent(context, jobId)]),
})
