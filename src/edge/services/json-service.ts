/**
 * A service that speaks JSON 1.1: everything on `POST /`, with the operation in `X-Amz-Target`.
 */
import { isRefusal } from '../../model/refusal.ts'
import { failure } from '../errors.ts'
import type { OperationShape } from '../generated/operations.ts'
import { readInput } from '../input.ts'
import type { Operation } from '../operation.ts'
import { json11 } from '../protocols/json-1.1.ts'
import { servicePrefix } from '../routing.ts'
import type { Service, SignedRoute } from '../service.ts'
import { assertOutput, prepareInputCheck, type ServiceWithShapes } from '../validation.ts'

export interface JsonService {
  readonly name: ServiceWithShapes
  readonly title: string
  readonly targetPrefix: string
  readonly operations: readonly Operation[]
  /** By operation, as they are generated. */
  readonly shapes: Readonly<Record<string, OperationShape>>
}

export function jsonService(of: JsonService): Service {
  const { name, title, targetPrefix, operations, shapes } = of
  return {
    ...{ name, title, operations, targetPrefix },
    routes: (byName) => [
      {
        method: 'POST',
        url: `${servicePrefix(name)}/`,
        signedFor: name,
        protocol: json11,
        writer: json11,
        body: 'whole',
        parse: parser(of, byName),
        check({ operation }, answer) {
          const { output } = shapes[operation.name]!
          if (output !== undefined) assertOutput(name, output, answer)
        },
      },
    ],
    *preparations() {
      for (const operation of operations) yield () => prepareInputCheck(name, shapes[operation.name]!.input)
    },
  }
}

function parser(of: JsonService, operations: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  const { name: service, title, targetPrefix, shapes } = of
  return ({ body, request }) => {
    const target = String(request.headers['x-amz-target'] ?? '')
    const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : ''
    const operation = operations.get(name)
    if (!operation || !Object.hasOwn(shapes, name)) return unknownOperation(name, title)
    const input = readInput(service, shapes[name]!, body, request.originalUrl)
    return isRefusal(input) ? input : { operation, input }
  }
}

function unknownOperation(name: string, title: string) {
  const text =
    name === ''
      ? `The request names no operation of ${title}.`
      : `openbatch does not offer ${name.slice(0, 100)} of ${title}.`
  return failure('UnknownOperationException', text)
}
