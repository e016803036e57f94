/** CloudWatch Logs on the wire: JSON 1.1, everything on `POST /`, the operation in `X-Amz-Target`. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isRefusal } from '../../../model/refusal.ts'
import type { Demand } from '../../authorisation.ts'
import { answerCall, type Call, understood } from '../../call.ts'
import type { RequestContext } from '../../context.ts'
import { failure } from '../../errors.ts'
import { logsOperations, type OperationShape } from '../../generated/operations.ts'
import { readInput } from '../../input.ts'
import type { Operation } from '../../operation.ts'
import { json11 } from '../../protocols/json-1.1.ts'
import { servicePrefix } from '../../routing.ts'
import { assertOutput } from '../../validation.ts'

const targetPrefix = 'Logs_20140328.'
const shapes: Readonly<Record<string, OperationShape>> = logsOperations

export function logsRoutes(
  app: FastifyInstance,
  operations: ReadonlyMap<string, Operation>,
  validateResponses: boolean,
): void {
  const check = validateResponses
    ? ({ operation }: Call, output: unknown) => assertOutput('logs', shapes[operation.name]!.output!, output)
    : undefined

  const demand = (request: FastifyRequest, context: RequestContext) => {
    const target = String(request.headers['x-amz-target'] ?? '')
    const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : ''
    const operation = operations.get(`logs:${name}`)
    if (!operation || !Object.hasOwn(shapes, name)) return unknownOperation(name)
    const input = readInput('logs', shapes[name]!, request.body as Buffer | undefined, request.originalUrl)
    return isRefusal(input) ? input : (understood(request, { operation, input }, context) satisfies Demand)
  }

  app.route({
    method: 'POST',
    url: `${servicePrefix('logs')}/`,
    config: { protocol: json11, authorise: { by: 'signature', service: 'logs', demand } },
    handler: (request, reply) => answerCall(request, reply, json11, check),
  })
}

function unknownOperation(name: string) {
  if (name === '') return failure('UnknownOperationException', 'The request names no operation of CloudWatch Logs.')
  return failure('UnknownOperationException', `openbatch does not offer ${name.slice(0, 100)} of CloudWatch Logs.`)
}
