/** `POST /api/job-definitions/prune`: deletes deregistered revisions for good, some at a time; docs/operate/limits.md. */
import type { FastifyInstance } from 'fastify'
import { deleteJobDefinitions } from '../../../../core/decide/job-definition.ts'
import { limits } from '../../../../model/limits.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { ApiFailure, failureOf } from '../../../errors.ts'

interface Query {
  readonly owner?: string
  readonly name?: string
}

export function pruneRoute(app: FastifyInstance): void {
  const demand = () => ({ action: 'openbatch:PruneJobDefinitions', resources: ['*'] })
  app.post<{ Querystring: Query }>(
    '/api/job-definitions/prune',
    { config: { authorise: { by: 'signature', service: 'batch', demand } } },
    async ({ query: { owner, name }, context }) => {
      const { store, loop } = context.services
      const found = store.definitions.list({ status: 'INACTIVE', owner, name, limit: limits.revisionsDeletedAtOnce })
      const deleted = await loop.execute(deleteJobDefinitions(found))
      if (isRefusal(deleted)) throw new ApiFailure(failureOf(deleted))
      return { deleted, more: found.length === limits.revisionsDeletedAtOnce }
    },
  )
}
