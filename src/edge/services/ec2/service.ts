/** EC2 on the wire: its own variant of the query protocol. Only the hosts are shown. */
import { isRefusal } from '../../../model/refusal.ts'
import { failure } from '../../errors.ts'
import { ec2Operations as shapes } from '../../generated/operations.ts'
import type { Operation } from '../../operation.ts'
import { actionIn, readForm } from '../../query-form.ts'
import { queryInput } from '../../query-input.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { assertOutput, complainOfInput, prepareInputCheck } from '../../validation.ts'
import { ec2Protocol } from './answer.ts'
import { describeInstanceTypes } from './describe-instance-types.ts'
import { describeInstances } from './describe-instances.ts'

const operations = [describeInstances, describeInstanceTypes]
type Name = keyof typeof shapes

export const ec2: Service = {
  name: 'ec2',
  title: 'EC2',
  operations,
  routes: (byName) => [
    {
      method: ['GET', 'POST'],
      url: `${servicePrefix('ec2')}/`,
      signedFor: 'ec2',
      protocol: ec2Protocol,
      writer: ec2Protocol,
      body: 'whole',
      parse: parser(byName),
      check: ({ operation }, answer) => assertOutput('ec2', shapes[operation.name as Name].output, answer),
    },
  ],
  *preparations() {
    for (const { name } of operations) yield () => prepareInputCheck('ec2', shapes[name as Name].input)
  },
}

function parser(byName: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  return ({ body, request }) => {
    const form = readForm(request, body)
    const action = actionIn(form)
    const operation = byName.get(action)
    if (!operation) {
      const text = action === '' ? 'The request names no action of EC2.' : `openbatch does not offer ${action} of EC2.`
      return failure('UnknownOperationException', text)
    }
    const shape = shapes[action as Name].input
    const input = queryInput('ec2', shape, form)
    const complaint = complainOfInput('ec2', shape, input)
    return isRefusal(complaint) ? complaint : { operation, input }
  }
}
