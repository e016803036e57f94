/**
 * CloudWatch Logs on the wire: JSON 1.1, everything on `POST /`, with the operation in
 * `X-Amz-Target`.
 */
import { isRefusal } from '../../../model/refusal.ts'
import { failure } from '../../errors.ts'
import { type OperationShape, logsOperations as shapesByName } from '../../generated/operations.ts'
import { readInput } from '../../input.ts'
import type { Operation } from '../../operation.ts'
import { json11 } from '../../protocols/json-1.1.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { assertOutput, prepareInputCheck } from '../../validation.ts'
import { logsOperations } from './operations.ts'

const targetPrefix = 'Logs_20140328.'
const shapes: Readonly<Record<string, OperationShape>> = shapesByName

export const logs: Service = {
  name: 'logs',
  title: 'CloudWatch Logs',
  operations: logsOperations,
  targetPrefix,
  routes: (operations) => [
    {
      method: 'POST',
      url: `${servicePrefix('logs')}/`,
      signedFor: 'logs',
      protocol: json11,
      writer: json11,
      body: 'whole',
      parse: parser(operations),
      check: ({ operation }, output) => assertOutput('logs', shapes[operation.name]!.output!, output),
    },
  ],
  *preparations() {
    for (const { name } of logsOperations) yield () => prepareInputCheck('logs', shapes[name]!.input)
  },
}

function parser(operations: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  return ({ body, request }) => {
    const target = String(request.headers['x-amz-target'] ?? '')
    const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : ''
    const operation = operations.get(name)
    if (!operation || !Object.hasOwn(shapes, name)) return unknownOperation(name)
    const input = readInput('logs', shapes[name]!, body, request.originalUrl)
    return isRefusal(input) ? input : { operation, input }
  }
}

function unknownOperation(name: string) {
  if (name === '') return failure('UnknownOperationException', 'The request names no operation of CloudWatch Logs.')
  return failure('UnknownOperationException', `openbatch does not offer ${name.slice(0, 100)} of CloudWatch Logs.`)
}
