/** IAM on the wire: the query protocol. */
import { isRefusal } from '../../../model/refusal.ts'
import { failure } from '../../errors.ts'
import { type OperationShape, iamOperations as shapesByName } from '../../generated/operations.ts'
import type { Operation } from '../../operation.ts'
import { iamQuery } from '../../protocols/query.ts'
import { actionIn, readForm } from '../../query-form.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { assertOutput, prepareInputCheck } from '../../validation.ts'
import { iamApiRoute } from './iam-api-route.ts'
import { readIamInput } from './input.ts'
import { iamOperations } from './operations.ts'

const shapes: Readonly<Record<string, OperationShape>> = shapesByName

export const iam: Service = {
  name: 'iam',
  title: 'IAM',
  operations: iamOperations,
  routes: (operations) => [
    {
      method: ['GET', 'POST'],
      url: `${servicePrefix('iam')}/`,
      signedFor: 'iam',
      protocol: iamQuery,
      writer: iamQuery,
      body: 'whole',
      parse: parser(operations),
      check({ operation }, answer) {
        const { output } = shapes[operation.name]!
        if (output !== undefined) assertOutput('iam', output, answer)
      },
    },
    iamApiRoute(operations),
  ],
  *preparations() {
    for (const { name } of iamOperations) yield () => prepareInputCheck('iam', shapes[name]!.input)
  },
}

function parser(operations: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  return ({ body, request }) => {
    const form = readForm(request, body)
    const action = actionIn(form)
    const operation = operations.get(action)
    if (!operation) {
      const text = action === '' ? 'The request names no action of IAM.' : `openbatch does not offer ${action} of IAM.`
      return failure('UnknownOperationException', text)
    }
    const input = readIamInput(shapes[action]!.input, form)
    return isRefusal(input) ? input : { operation, input }
  }
}
