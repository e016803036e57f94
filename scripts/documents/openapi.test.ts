/** The description of openbatch's own API is complete, and well formed as OpenAPI 3.1 wants it. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { ownOperations } from '../../src/edge/services/own/service.ts'
import { describeApi, writeOpenApi } from './openapi.ts'
import { wireSchemas } from './wire-schemas.ts'

const api = JSON.parse(writeOpenApi())

test('every operation is there, with the parameters of its path', () => {
  const described = Object.entries<Record<string, { operationId: string }>>(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  )
  const offered = ownOperations.map(
    ({ name, route }) => `${name} ${route.method} ${route.url.replace(/:(\w+)/g, '{$1}')}`,
  )
  expect(described.sort()).toEqual(offered.sort())
  for (const [path, methods] of Object.entries<Record<string, { parameters?: { name: string; in: string }[] }>>(
    api.paths,
  ))
    for (const { parameters = [] } of Object.values(methods)) {
      const inPath = parameters.filter((it) => it.in === 'path').map(({ name }) => name)
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length)
    }
})

test('it has the form of OpenAPI 3.1', () => {
  const text = { type: 'string', minLength: 1 }
  const reference = { type: 'object', properties: { $ref: text }, required: ['$ref'], additionalProperties: false }
  const media = { type: 'object', properties: { schema: true }, required: ['schema'], additionalProperties: false }
  const response = {
    type: 'object',
    properties: { description: text, content: { type: 'object', additionalProperties: media } },
    required: ['description'],
    additionalProperties: false,
  }
  const parameter = {
    type: 'object',
    properties: {
      ...{ name: text, in: { enum: ['query', 'path'] }, required: { type: 'boolean' }, description: text },
      ...{ schema: { type: 'object' }, style: { const: 'form' }, explode: { type: 'boolean' } },
    },
    required: ['name', 'in', 'schema'],
    additionalProperties: false,
    if: { properties: { in: { const: 'path' } } },
    // biome-ignore lint/suspicious/noThenProperty: a member of JSON Schema
    then: { properties: { required: { const: true } }, required: ['required'] },
  }
  const operation = {
    type: 'object',
    properties: {
      ...{ operationId: text, summary: text, description: text, parameters: { type: 'array', items: parameter } },
      responses: {
        type: 'object',
        patternProperties: { '^(default|[1-5]\\d\\d)$': { anyOf: [reference, response] } },
        additionalProperties: false,
        minProperties: 1,
      },
    },
    required: ['operationId', 'responses'],
    additionalProperties: false,
  }
  const document = {
    type: 'object',
    properties: {
      openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
      info: { type: 'object', properties: { title: text, version: text }, required: ['title', 'version'] },
      servers: { type: 'array', items: { type: 'object', required: ['url'] } },
      security: { type: 'array' },
      paths: {
        type: 'object',
        patternProperties: {
          '^/': { type: 'object', properties: { get: operation, post: operation }, additionalProperties: false },
        },
        additionalProperties: false,
      },
      components: {
        type: 'object',
        properties: {
          schemas: { type: 'object', propertyNames: { pattern: '^[A-Za-z0-9._-]+$' } },
          responses: { type: 'object', additionalProperties: response },
          securitySchemes: { type: 'object' },
        },
        additionalProperties: false,
      },
    },
    required: ['openapi', 'info', 'paths'],
    additionalProperties: false,
  }
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  ajv.validate(document, api)
  expect(ajv.errors).toBeNull()
  const names = Object.keys(api.components.schemas)
  const referred = [...JSON.stringify(api).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!)
  expect(referred.filter((name) => !names.includes(name))).toEqual([])
  expect(names.filter((name) => !referred.includes(name))).toEqual([])
})

test('its schemas are schemas, and tell right answers from wrong ones', () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true })
  ajv.addVocabulary(['components'])
  ajv.addSchema({ $id: 'api', components: api.components })
  for (const name of Object.keys(api.components.schemas)) ajv.getSchema(`api#/components/schemas/${name}`)
  const isCounts = ajv.getSchema('api#/components/schemas/JobCountsAnswer')!
  const group = { key: null, total: 1, byStatus: { FAILED: 1 } }
  expect(isCounts({ total: 1, byStatus: {}, groups: [group] })).toBe(true)
  for (const wrong of [
    { total: '1', byStatus: {} },
    { byStatus: {} },
    { total: 1, byStatus: { FAILED: 'x' } },
    { total: 1, byStatus: {}, groups: [{ ...group, key: 3 }] },
  ])
    expect(isCounts(wrong)).toBe(false)
})

test('an operation whose answer has no type is refused', () => {
  const [first] = ownOperations
  const other = { ...first!, described: { ...first!.described, answers: 'Nothing' } }
  expect(() => describeApi([other], wireSchemas())).toThrow('which src/wire does not have')
})
