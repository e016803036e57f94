/** openbatch's own pages for machines: `/healthz`, `/metrics`, `/api/…`; and the answer to what belongs to no service it offers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, failure } from './errors.ts'
import { interruptRoute } from './instances/interrupt.ts'
import { instancesRoutes } from './instances/list.ts'
import { whyRoute } from './jobs/why.ts'
import { otherService, servicePrefix } from './routing.ts'
import { json11 } from './wire/json-1.1.ts'
import type { ErrorProtocol } from './wire/protocol.ts'
import { query } from './wire/query.ts'
import { restJson } from './wire/rest-json.ts'
import { restXml } from './wire/rest-xml.ts'

export interface Metrics {
  readonly contentType: string
  readonly read: () => Promise<string>
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
    { config: { authorise: { by: 'signature', demand: demandMetrics } } },
    async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('content-type', metrics?.contentType ?? 'text/plain; charset=utf-8')
      return (await metrics?.read()) ?? ''
    },
  )
  whyRoute(app)
  instancesRoutes(app)
  interruptRoute(app)
  const demand = (request: FastifyRequest) => notOffered(request)
  app.all(`${servicePrefix(otherService)}/*`, { config: { authorise: { by: 'signature', demand } } }, () => {
    throw new Error('a request to a service that is not offered was let through')
  })
}

function notOffered(request: FastifyRequest): Failure {
  const target = request.headers['x-amz-target']
  const signedFor = /\/([a-z0-9-]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? 'requested'
  const what =
    typeof target === 'string' ? `${target.slice(0, 100)} of the ${signedFor} service` : `the ${signedFor} service`
  return failure('UnknownOperationException', `openbatch does not offer ${what}.`)
}

/** The protocol of a request no route claims: told by what its client sent. */
export function protocolOf(request: FastifyRequest): ErrorProtocol {
  if (request.url.startsWith(servicePrefix('s3'))) return restXml
  if (request.headers['x-amz-target'] !== undefined) return json11
  const form = String(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  return form ? query : restJson
}
