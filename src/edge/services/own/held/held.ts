/** `GET /api/held`: what is held since a restore, and what is left alone. `POST /api/held/{job}/release`, or `*` for all; docs/operate/backup.md. */
import type { FastifyInstance } from 'fastify'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { Services } from '../../../context.ts'
import { ApiFailure, failureOf } from '../../../errors.ts'

interface Params {
  /** A job's id, or an asterisk. */
  readonly jobId: string
}

export function heldRoutes(app: FastifyInstance): void {
  const read = () => ({ action: 'openbatch:ListHeldJobs', resources: ['*'] })
  const change = () => ({ action: 'openbatch:ReleaseJob', resources: ['*'] })
  app.get('/api/held', { config: { authorise: { by: 'signature', service: 'batch', demand: read } } }, ({ context }) =>
    listed(context.services),
  )
  app.post<{ Params: Params }>(
    '/api/held/:jobId/release',
    { config: { authorise: { by: 'signature', service: 'batch', demand: change } } },
    async ({ params: { jobId }, context }) => {
      const answer = await context.services.epoch.release(jobId === '*' ? undefined : [jobId])
      if (isRefusal(answer)) throw new ApiFailure(failureOf(answer))
      return answer
    },
  )
}

/** An array that is held stands for its children. */
async function listed({ loop, epoch }: Services) {
  const held = [...loop.state.jobs.values()].filter((job) => job.held)
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
}
