/** STS on the wire: the query protocol. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerCall, understood } from '../../call.ts'
import type { RequestContext } from '../../context.ts'
import { failure } from '../../errors.ts'
import type { Operation } from '../../operation.ts'
import { stsQuery } from '../../protocols/query.ts'
import { actionOf } from '../../query-action.ts'
import { servicePrefix } from '../../routing.ts'

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
    config: { protocol: stsQuery, authorise: { by: 'signature', service: 'sts', demand } },
    handler: (request, reply) => answerCall(request, reply, stsQuery, undefined),
  })
}
