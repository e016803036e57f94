/** `GET /api/held`: what is held since a restore, and what is left alone; docs/operate/backup.md. */
import { limits } from '../../../../model/limits.ts'
import type { HeldAnswer } from '../../../../wire/held.ts'
import { sightOf } from '../../../sight.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const listHeldJobs = defineOwnOperation<Record<string, never>, HeldAnswer>('ListHeldJobs', {
  summary: 'What is held since a restore',
  answers: 'HeldAnswer',
  method: 'GET',
  path: '/api/held',
  async handle(_, context) {
    const { loop, epoch } = context.backend
    const { sees } = sightOf(context)
    const held = [...loop.state.jobs.values()].filter((job) => job.held && sees(job.spec.owner))
    return {
      held: held.slice(0, limits.heldJobsShown).map(({ jobId, spec, state }) => ({
        jobId,
        jobName: spec.jobName,
        jobQueue: spec.jobQueue,
        status: state.status,
      })),
      more: Math.max(0, held.length - limits.heldJobsShown),
      leftAlone: await epoch.leftAlone(),
      unmatched: epoch.unmatched,
    }
  },
})
