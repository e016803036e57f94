/**
 * Writes docs/reference/openapi.json: openbatch's own API under `/api/`, from the operations and
 * from the types of their answers.
 */
import type { OwnOperation } from '../../src/edge/services/own/own-operation.ts'
import { ownOperations } from '../../src/edge/services/own/service.ts'
import { type Schema, wireSchemas } from './wire-schemas.ts'

export function writeOpenApi(): string {
  return `${JSON.stringify(describeApi(ownOperations, wireSchemas()), undefined, 1)}\n`
}

export function describeApi(operations: readonly OwnOperation[], schemas: ReadonlyMap<string, Schema>) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const { method, url } = operation.route
    const templated = url.replace(/:(\w+)/g, '{$1}')
    paths[templated] = { ...paths[templated], [String(method).toLowerCase()]: describeOperation(operation, schemas) }
  }
  const used = namesIn(paths, schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'openbatch’s own API',
      version: '1',
      description: 'Beside the AWS APIs that it answers, openbatch has an API of its own. See docs/use/api.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ signature: [] }, { session: [] }],
    paths: sorted(paths),
    components: {
      schemas: {
        Error: {
          type: 'object',
          description: 'The header `x-amzn-ErrorType` has the code.',
          properties: { message: { type: 'string' } },
          required: ['message'],
        },
        ...sorted(Object.fromEntries([...schemas].filter(([name]) => used.has(name)))),
      },
      responses: { Error: { description: 'Refused', content: contentOf('Error') } },
      securitySchemes: {
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'authorization',
          description: 'AWS’s signature, version 4, for the service `batch`.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'openbatch-session',
          description: 'Of a browser that signed in. Over TLS its name is `__Host-openbatch`.',
        },
      },
    },
  }
}

function describeOperation(
  { name, action, needsNoPermission, described, route }: OwnOperation,
  schemas: ReadonlyMap<string, Schema>,
) {
  const { summary, answers, contentType, query, lists, needed } = described
  if (!schemas.has(answers)) throw new Error(`${name} answers ${answers}, which src/wire does not have`)
  const inPath = [...route.url.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
    ...{ name: parameter!, in: 'path', required: true, schema: { type: 'string' } },
  }))
  const inQuery = Object.entries(query).map(([parameter, description]) => ({
    ...{ name: parameter, in: 'query', description },
    ...(needed.includes(parameter) && { required: true }),
    schema: lists.includes(parameter) ? { type: 'array', items: { type: 'string' } } : { type: 'string' },
    ...(lists.includes(parameter) && { style: 'form', explode: true }),
  }))
  const permission = needsNoPermission ? 'Needs no permission.' : `Needs the permission \`${action}\`.`
  return {
    ...{ operationId: name, summary, description: permission },
    ...(inPath.length + inQuery.length > 0 && { parameters: [...inPath, ...inQuery] }),
    responses: {
      200: { description: summary, content: contentOf(answers, contentType) },
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function contentOf(name: string, type = 'application/json') {
  return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } }
}

/** The schemas that are referred to, by those that are referred to as well. */
function namesIn(from: unknown, schemas: ReadonlyMap<string, Schema>): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown) => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = schemas.get(name!)
      if (!schema || found.has(name!)) continue
      found.add(name!)
      visit(schema)
    }
  }
  visit(from)
  return found
}

function sorted<T>(members: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
}
