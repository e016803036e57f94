/** The part of docs/compatibility.md that lists operations, read from the list of services. */
import { failure, inQuery, inS3 } from '../../src/edge/errors.ts'
import type { ErrorProtocol } from '../../src/edge/protocols/protocol.ts'
import type { Service } from '../../src/edge/service.ts'
import { absence, errorForms } from '../../src/edge/services/absent-services.ts'
import { notOffered } from '../../src/edge/services/s3/not-offered.ts'
import { table } from '../documents/table.ts'
import { membersOf, type OperationState, operationStates } from './shapes.ts'

/** A table for each AWS service. openbatch's own API is in docs/operate/actions.md. */
export function operationTables(services: readonly Service[]): string[] {
  const batch = operationStates('batch', services)
  const logs = operationStates('logs', services)
  const built = batch.filter((operation) => operation.built)
  return [
    built.length === batch.length
      ? `All ${batch.length} operations of AWS Batch are built.`
      : `Of the ${batch.length} operations of AWS Batch, ${built.length} are built. The others answer \`ClientException\`: *name* \`is not built in this version of openbatch.\``,
    operationTable('batch', batch),
    `Of CloudWatch Logs these operations are built: ${namesOf(logs.filter((it) => it.built))}. Any other answers \`UnknownOperationException\`: \`openbatch does not offer\` *name* \`of CloudWatch Logs.\``,
    operationTable('logs', logs),
    ...services
      .filter(({ name }) => name === 'sts' || name === 'iam' || name === 'ec2')
      .map(
        ({ title, operations }) =>
          `Of ${title} these are built: ${namesOf(operations)}. Any other operation answers \`InvalidAction\`: \`openbatch does not offer\` *name* \`of ${title}.\``,
      ),
    ...services
      .filter(({ name }) => jsonServices.includes(name))
      .map(
        ({ title, operations }) =>
          `Of ${title} these are built: ${namesOf(operations)}. Any other operation answers \`UnknownOperationException\`: \`openbatch does not offer\` *name* \`of ${title}.\``,
      ),
    ...services
      .filter(({ name }) => name === 's3')
      .map(
        ({ operations }) =>
          `Of S3 these are built: ${namesOf(operations)}. These answer \`NotImplemented\` (501), \`openbatch does not offer\` *name* \`of S3.\`: ${namesOf(notOffered)}.`,
      ),
  ]
}

/** Services of which a little is answered. */
const jsonServices = ['ecs', 'ssm', 'secretsmanager']

function namesOf(operations: readonly { readonly name: string }[]): string {
  return operations.map(({ name }) => `\`${name}\``).join(', ')
}

export function absentServices(): string[] {
  return [
    '### Services that are not offered',
    `A signed request to a service beside these is refused in the form its clients read: \`${absence('OPERATION', 'SERVICE')}\` An operation that cannot be told from the request is left out.`,
    table(
      ['services', 'status', 'error'],
      errorForms.map(({ services, protocol }) => {
        const { status, code } = answerOf(protocol)
        return [services, String(status), `\`${code}\``]
      }),
    ),
  ]
}

/** Derived from what the server would write. */
function answerOf(protocol: ErrorProtocol): { status: number; code: string } {
  const refused = failure('UnknownOperationException', '')
  const { httpStatus = refused.httpStatus, headers = {}, body } = protocol.writeFailure(refused, '')
  const written = `${Object.values(headers).join(' ')} ${body}`
  const codes = [refused.code, inQuery(refused).code, inS3(refused).code]
  return { status: httpStatus, code: codes.find((code) => written.includes(code))! }
}

function operationTable(service: 'batch' | 'logs', operations: readonly OperationState[]): string {
  const rows = operations.map((operation) => [
    operation.name,
    operation.built ? 'built' : 'refused',
    operation.built ? [operation.input, operation.output].map((name) => link(service, name)).join(', ') : '',
  ])
  return table(['operation', '', 'request and answer'], rows)
}

function link(service: 'batch' | 'logs', structure: string | undefined): string {
  if (structure === undefined) return ''
  return membersOf(service, structure).length > 0 ? `[${structure}](#${structure.toLowerCase()})` : '(empty)'
}
