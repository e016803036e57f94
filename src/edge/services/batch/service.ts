/** AWS Batch on the wire: rest-json, one path an operation, and three methods on `/v1/tags/{resourceArn}`. */
import { isRefusal, refuse } from '../../../model/refusal.ts'
import { type OperationShape, batchOperations as shapes } from '../../generated/operations.ts'
import { readInput } from '../../input.ts'
import type { Operation } from '../../operation.ts'
import { gatewayHeaders, restJson } from '../../protocols/rest-json.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { assertOutput, prepareInputCheck } from '../../validation.ts'
import { batchOperations } from './operations.ts'

export const batch: Service = {
  name: 'batch',
  title: 'AWS Batch',
  operations: batchOperations,
  answersUnsigned: (path) => path.startsWith('/v1/'),
  // Every operation has a route, including those that are not built, which say so.
  routes: (operations) =>
    Object.values<OperationShape>(shapes).map((shape) => routeOf(shape, operations.get(shape.name))),
  *preparations() {
    for (const { input } of Object.values<OperationShape>(shapes)) yield () => prepareInputCheck('batch', input)
  },
}

function routeOf(shape: OperationShape, operation: Operation | undefined): SignedRoute {
  return {
    method: shape.method,
    url: servicePrefix('batch') + shape.path.replace(/\{\w+\}/, '*'),
    signedFor: 'batch',
    protocol: restJson,
    writer: restJson,
    body: 'whole',
    headers: ({ id }) => gatewayHeaders(id),
    parse: operation ? parser(operation, shape) : () => ({ operation: unbuilt(shape.name), input: {} }),
    check: (_, output) => assertOutput('batch', shape.output!, output),
  }
}

function parser(operation: Operation, shape: OperationShape): SignedRoute['parse'] {
  return ({ body, request }) => {
    const input = readInput('batch', shape, body, request.originalUrl)
    return isRefusal(input) ? input : { operation, input }
  }
}

/** The client learns that the operation is not built only if it would be allowed. */
function unbuilt(name: string): Operation {
  return {
    ...{ service: 'batch', name, action: `batch:${name}` },
    resource: () => '*',
    handle: () => refuse(`${name} is not built in this version of openbatch.`),
  }
}
