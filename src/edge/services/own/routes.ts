/** openbatch's own pages for machines: `/healthz`, `/metrics`, `/api/…`. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BearerToken } from '../../../access/bearer-token.ts'
import { pruneRoute } from './definitions/prune.ts'
import { heldRoutes } from './held/held.ts'
import { interruptRoute } from './instances/interrupt.ts'
import { instancesRoutes } from './instances/list.ts'
import { whyRoute } from './jobs/why.ts'

export interface Metrics {
  readonly source: {
    readonly contentType: string
    readonly read: () => Promise<string>
    /** Adds a figure of the edge's own. */
    readonly gauge: (name: string, help: string, read: () => number) => void
  }
  /** Lets programs read them that cannot sign. */
  readonly token: Pick<BearerToken, 'accepts'> | undefined
}

export function ownRoutes(app: FastifyInstance, metrics: Metrics | undefined): void {
  app.get(
    '/healthz',
    {
      config: {
        authorise: { by: 'public', reason: 'load balancers and supervisors have no key; it tells nothing else' },
      },
    },
    (_request, reply) => {
      reply.header('content-type', 'text/plain; charset=utf-8').send('ok\n')
    },
  )
  const demandMetrics = () => ({ action: 'openbatch:ReadMetrics', resources: ['*'] })
  app.get(
    '/metrics',
    { config: { authorise: { by: 'signature', demand: demandMetrics, orToken: metrics?.token } } },
    async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('content-type', metrics?.source.contentType ?? 'text/plain; charset=utf-8')
      return (await metrics?.source.read()) ?? ''
    },
  )
  whyRoute(app)
  instancesRoutes(app)
  interruptRoute(app)
  heldRoutes(app)
  pruneRoute(app)
}
