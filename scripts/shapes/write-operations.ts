/**
 * Writes the table of operations: how each is addressed on the wire and which definitions describe
 * it.
 */
import type { OperationShape, Service } from './read-sdk.ts'
import { header } from './write-types.ts'

export function writeOperations(services: readonly Service[]): string {
  const tables = services.map((service) => {
    const rows = service.operations.map((operation) => `  ${writeRow(service, operation)},`)
    return [
      `export const ${service.name}Operations = {`,
      ...rows,
      '} as const satisfies Record<string, OperationShape>',
      '',
    ].join('\n')
  })
  return [header, '', shapeInterface, ...tables].join('\n')
}

const shapeInterface = `/** How an operation is addressed, and the definitions (of the service's schema file) that describe it. */
export interface OperationShape {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** The URI, with \`{member}\` where a member of the input stands in the path. */
  readonly path: string
  readonly input: string
  /** Absent where AWS answers nothing, or with an event stream. */
  readonly output?: string
  /** Members of the input taken from the path. */
  readonly labels: readonly string[]
  /** Members of the input taken from the query: member → parameter. A list member is a repeated parameter. */
  readonly query: Readonly<Record<string, string>>
}
`

function writeRow(service: Service, operation: OperationShape): string {
  const members = service.structures.get(operation.input)!.members
  const labels = members.filter((member) => member.binding?.in === 'path').map((member) => `'${member.name}'`)
  const query = members.flatMap((member) =>
    member.binding?.in === 'query' ? [`${member.name}: '${member.binding.parameter}'`] : [],
  )
  const output = operation.output === undefined ? '' : ` output: '${operation.output}',`
  return (
    `${operation.name}: { name: '${operation.name}', method: '${operation.method}', path: '${operation.path}', ` +
    `input: '${operation.input}',${output} labels: [${labels.join(', ')}], ` +
    `query: {${query.length > 0 ? ` ${query.join(', ')} ` : ''}} }`
  )
}
