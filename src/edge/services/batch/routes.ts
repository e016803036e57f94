/** AWS Batch on the wire: rest-json, one path an operation, and three methods on `/v1/tags/{resourceArn}`. */
import type { FastifyInstance } from 'fastify'
import { isRefusal, refuse } from '../../../model/refusal.ts'
import type { RouteAuthorisation } from '../../authorisation.ts'
import { answerCall, understood } from '../../call.ts'
import { batchOperations, type OperationShape } from '../../generated/operations.ts'
import { readInput } from '../../input.ts'
import type { Operation } from '../../operation.ts'
import { gatewayHeaders, restJson } from '../../protocols/rest-json.ts'
import { servicePrefix } from '../../routing.ts'
import { assertOutput } from '../../validation.ts'

/** Registers a route for every operation of Batch, those not built included: they say so. */
export function batchRoutes(
  app: FastifyInstance,
  operations: ReadonlyMap<string, Operation>,
  validateResponses: boolean,
): void {
  for (const shape of Object.values<OperationShape>(batchOperations)) {
    const operation = operations.get(`batch:${shape.name}`)
    const check = validateResponses
      ? (_: unknown, output: unknown) => assertOutput('batch', shape.output!, output)
      : undefined
    app.route({
      method: shape.method,
      url: servicePrefix('batch') + shape.path.replace(/\{\w+\}/, '*'),
      config: { protocol: restJson, authorise: operation ? guard(operation, shape) : guardUnbuilt(shape) },
      onRequest: (request, reply, done) => {
        reply.headers(gatewayHeaders(request.id))
        done()
      },
      handler: (request, reply) => answerCall(request, reply, restJson, check),
    })
  }
}

function guard(operation: Operation, shape: OperationShape): RouteAuthorisation {
  return {
    by: 'signature',
    service: 'batch',
    demand(request, context) {
      const input = readInput('batch', shape, request.body as Buffer | undefined, request.originalUrl)
      return isRefusal(input) ? input : understood(request, { operation, input }, context)
    },
  }
}

/** The client learns that the operation is not built only where it would be allowed. */
function guardUnbuilt(shape: OperationShape): RouteAuthorisation {
  const text = `${shape.name} is not built in this version of openbatch.`
  const operation: Operation = {
    service: 'batch',
    name: shape.name,
    action: `batch:${shape.name}`,
    resource: () => '*',
    handle: () => refuse(text),
  }
  return {
    by: 'signature',
    service: 'batch',
    demand: (request, context) => understood(request, { operation, input: {} }, context),
  }
}
