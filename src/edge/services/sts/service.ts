/** STS on the wire: the query protocol. */
import { failure } from '../../errors.ts'
import type { Operation } from '../../operation.ts'
import { stsQuery } from '../../protocols/query.ts'
import { actionIn, readForm } from '../../query-form.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { assumeRole } from './assume-role.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getSessionToken } from './get-session-token.ts'

export const sts: Service = {
  name: 'sts',
  title: 'STS',
  operations: [assumeRole, getCallerIdentity, getSessionToken],
  routes: (operations) => [
    {
      method: ['GET', 'POST'],
      url: `${servicePrefix('sts')}/`,
      signedFor: 'sts',
      protocol: stsQuery,
      writer: stsQuery,
      body: 'whole',
      parse: parser(operations),
    },
  ],
}

function parser(operations: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  return ({ body, request }) => {
    const form = readForm(request, body)
    const action = actionIn(form)
    const operation = operations.get(action)
    if (operation) return { operation, input: form }
    const text = action === '' ? 'The request names no action of STS.' : `openbatch does not offer ${action} of STS.`
    return failure('UnknownOperationException', text)
  }
}
