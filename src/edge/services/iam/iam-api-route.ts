/**
 * IAM's operations as openbatch's own API: `POST /api/iam/CreateUser` with the members of the
 * operation as JSON. For programs that speak JSON and no query protocol, such as a console.
 */
import { isRefusal } from '../../../model/refusal.ts'
import { failure } from '../../errors.ts'
import { type OperationShape, iamOperations as shapesByName } from '../../generated/operations.ts'
import { readJsonObject } from '../../input.ts'
import type { Operation } from '../../operation.ts'
import { restJson } from '../../protocols/rest-json.ts'
import type { SignedRoute } from '../../service.ts'
import { checkIamInput } from './input.ts'

const shapes: Readonly<Record<string, OperationShape>> = shapesByName

export function iamApiRoute(operations: ReadonlyMap<string, Operation>): SignedRoute {
  return {
    method: 'POST',
    url: '/api/iam/:action',
    signedFor: 'batch',
    protocol: restJson,
    writer: { ...restJson, writeAnswer: (name, output = {}, id) => restJson.writeAnswer(name, output, id) },
    body: 'whole',
    parse({ body, request }) {
      const { action } = request.params as { action: string }
      const operation = operations.get(action)
      if (!operation) return failure('UnknownOperationException', `openbatch does not offer ${action} of IAM.`)
      const given = readJsonObject(body)
      const input = isRefusal(given) ? given : checkIamInput(shapes[action]!.input, given)
      return isRefusal(input) ? input : { operation, input }
    },
  }
}
