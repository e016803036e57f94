/** STS on the wire: the query protocol. `Action=` comes in a form or in the query of the URL. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerCall, understood } from '../call.ts'
import type { RequestContext } from '../context.ts'
import { failure } from '../errors.ts'
import type { Operation } from '../operation.ts'
import { servicePrefix } from '../routing.ts'
import { query } from '../wire/query.ts'

export function stsRoutes(app: FastifyInstance, operations: ReadonlyMap<string, Operation>): void {
  const demand = (request: FastifyRequest, context: RequestContext) => {
    const action = actionOf(request)
    const operation = operations.get(`sts:${action}`)
    if (operation) return understood(request, { operation, input: {} }, context)
    const text = action === '' ? 'The request names no action of STS.' : `openbatch does not offer ${action} of STS.`
    return failure('UnknownOperationException', text)
  }
  app.route({
    method: ['GET', 'POST'],
    url: `${servicePrefix('sts')}/`,
    config: { protocol: query, authorise: { by: 'signature', service: 'sts', demand } },
    handler: (request, reply) => answerCall(request, reply, query, undefined),
  })
}

function actionOf(request: FastifyRequest): string {
  const form = Buffer.isBuffer(request.body) ? request.body.toString() : ''
  const mark = request.originalUrl.indexOf('?')
  const inUrl = mark < 0 ? '' : request.originalUrl.slice(mark + 1)
  const action = new URLSearchParams(form).get('Action') ?? new URLSearchParams(inUrl).get('Action') ?? ''
  return action.slice(0, 100)
}
