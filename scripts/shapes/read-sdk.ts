/**
 * Reads one service from the AWS SDK into plain data. The SDK's schemas are tuples whose first
 * number is the kind: 9 operation `[9, ns, name, traits, input, output]`, 3 structure `[3, ns,
 * name, traits, memberNames, memberTypes, requiredCount]` (required members first), 1 list, 2 map,
 * 4 union, 0 a simple type with traits `[0, ns, name, traits, type]`. A bare number is a simple type.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { capitalised } from './write-query-names.ts'

export type Shape =
  | { kind: 'string' | 'boolean' | 'integer' | 'double' }
  | { kind: 'enum'; name: string }
  | { kind: 'structure'; name: string }
  | { kind: 'list' | 'map'; of: Shape }

export interface Member {
  name: string
  required: boolean
  shape: Shape
  /** Where a rest-json request carries the member, if not in the body. */
  binding?: { in: 'path' } | { in: 'query'; parameter: string }
  /** EC2's names of the member in forms and in XML. */
  inQuery?: { form: string; xml: string }
}

export interface Structure {
  name: string
  members: Member[]
}

export interface OperationShape {
  name: string
  method: string
  path: string
  input: string
  /** Absent if the answer has no members, or is an event stream, which openbatch never sends. */
  output?: string
}

export interface Service {
  name: string
  enums: Map<string, string[]>
  structures: Map<string, Structure>
  operations: OperationShape[]
}

type Tuple = readonly unknown[]
/** Kinds of schema, by the first number of the tuple. */
const SIMPLE = 0
const LIST = 1
const MAP = 2
const STRUCTURE = 3
const UNION = 4
const OPERATION = 9
/** Simple types, and the bits that make a list or a map of one. */
const STRING = 0
const NUMERIC = 1
const BOOLEAN = 2
const TIMESTAMP = 4
const BLOB = 21
const LIST_OF = 64
const MAP_OF = 128
/** Bits of member traits. */
const HTTP_LABEL = 1

/**
 * Batch's floating-point members, which the run-time schema does not distinguish from whole
 * numbers.
 */
function isDouble(structure: string, member: string, members: readonly string[]): boolean {
  if (structure === 'ShareAttributes') return member === 'weightFactor'
  return member === 'quantity' && members.includes('capacityUnit')
}

export interface ReadOptions {
  /** The operations to read. Absent: all. */
  readonly only?: readonly string[]
  /** JSON writes timestamps as seconds, XML as text. Absent: as text. */
  readonly timestamps?: 'seconds'
  /** Reads enums as strings: EC2 has hundreds of instance types, and hosts have other ones. */
  readonly enumsAsStrings?: true
}

/**
 * Reads the operations of a package (all, or the named ones) and every structure and enum that they
 * reach.
 */
export async function readService(
  name: string,
  packageName: string,
  { only, timestamps, enumsAsStrings }: ReadOptions = {},
): Promise<Service> {
  const sdk = (await import(packageName)) as Record<string, unknown>
  const enumUses = enumsAsStrings ? new Map<string, string>() : readEnumUses(packageName)
  const service: Service = { name, enums: new Map(), structures: new Map(), operations: [] }

  const reachStructure = (schema: Tuple): string => {
    const structureName = schema[2] as string
    if (service.structures.has(structureName)) return structureName
    const structure: Structure = { name: structureName, members: [] }
    service.structures.set(structureName, structure)
    const names = schema[4] as string[]
    const requiredCount = (schema[6] as number | undefined) ?? 0
    names.forEach((memberName, index) => {
      const { type, traits } = splitTraits((schema[5] as unknown[])[index])
      const enumName = enumUses.get(`${structureName}.${memberName}`)
      const simple = numberKind(structureName, memberName, names)
      const isTime = timestamps === 'seconds' && type === TIMESTAMP
      const member: Member = {
        name: memberName,
        required: index < requiredCount,
        shape: isTime ? { kind: 'double' } : reach(type, enumName, simple),
      }
      const binding = bindingOf(traits)
      if (binding) member.binding = binding
      const inQuery = queryNamesOf(traits)
      if (inQuery) member.inQuery = inQuery
      structure.members.push(member)
    })
    return structureName
  }

  const reach = (schema: unknown, enumName: string | undefined, numbers: 'integer' | 'double'): Shape => {
    const resolved = resolve(schema)
    if (typeof resolved === 'number') return simpleShape(resolved, enumName, numbers, service, sdk)
    const { type } = splitTraits(resolved)
    if (type !== resolved) return reach(type, enumName, numbers)
    const tuple = resolved as Tuple
    if (tuple[0] === SIMPLE) return reach(tuple[4], enumName, numbers)
    if (tuple[0] === LIST) return { kind: 'list', of: reach(tuple[4], enumName, numbers) }
    if (tuple[0] === MAP) return { kind: 'map', of: reach(tuple[5], enumName, numbers) }
    if (tuple[0] === STRUCTURE || tuple[0] === UNION) return { kind: 'structure', name: reachStructure(tuple) }
    throw new Error(`a kind of schema not met before: ${JSON.stringify(tuple)}`)
  }

  for (const schema of Object.values(sdk)) {
    if (!Array.isArray(schema) || schema[0] !== OPERATION) continue
    const operationName = schema[2] as string
    if (only && !only.includes(operationName)) continue
    const http = (schema[3] as { http?: [string, string, number] } | 0) || {}
    const [method, path] = http.http ?? ['POST', '/', 200]
    const operation: OperationShape = {
      name: operationName,
      method,
      path,
      input: reachStructure(resolve(schema[4]) as Tuple),
    }
    const output = resolve(schema[5])
    if (Array.isArray(output) && !isEventStream(output)) operation.output = reachStructure(output)
    service.operations.push(operation)
  }
  service.operations.sort((a, b) => (a.name < b.name ? -1 : 1))
  return service
}

function numberKind(structure: string, member: string, members: readonly string[]): 'integer' | 'double' {
  return isDouble(structure, member, members) ? 'double' : 'integer'
}

function simpleShape(
  type: number,
  enumName: string | undefined,
  numbers: 'integer' | 'double',
  service: Service,
  sdk: Record<string, unknown>,
): Shape {
  if (type & LIST_OF) return { kind: 'list', of: simpleShape(type & ~LIST_OF, enumName, numbers, service, sdk) }
  if (type & MAP_OF) return { kind: 'map', of: simpleShape(type & ~MAP_OF, enumName, numbers, service, sdk) }
  if (type === NUMERIC) return { kind: numbers }
  if (type === BOOLEAN) return { kind: 'boolean' }
  // IAM's, which its XML writes as ISO 8601 and base64.
  if (type === TIMESTAMP || type === BLOB) return { kind: 'string' }
  if (type !== STRING) throw new Error(`a simple type not met before: ${type}`)
  if (enumName === undefined) return { kind: 'string' }
  service.enums.set(enumName, Object.values(sdk[enumName] as Record<string, string>))
  return { kind: 'enum', name: enumName }
}

function resolve(schema: unknown): unknown {
  return typeof schema === 'function' ? resolve((schema as () => unknown)()) : schema
}

/**
 * A member's type is either the type or `[type, traits]`. A schema's own tuple begins with its
 * kind, a number.
 */
function splitTraits(type: unknown): { type: unknown; traits: unknown } {
  if (Array.isArray(type) && type.length === 2) return { type: type[0], traits: type[1] }
  return { type, traits: 0 }
}

function bindingOf(traits: unknown): Member['binding'] {
  if (typeof traits === 'number') return traits & HTTP_LABEL ? { in: 'path' } : undefined
  const parameter = (traits as { httpQuery?: string }).httpQuery
  return parameter === undefined ? undefined : { in: 'query', parameter }
}

function queryNamesOf(traits: unknown): Member['inQuery'] {
  const { ec2QueryName: form, xmlName: xml } = (traits ?? {}) as { ec2QueryName?: string; xmlName?: string }
  if (form === undefined && xml === undefined) return undefined
  // A name for XML alone serves forms too, with a capital at its beginning.
  return { form: form ?? capitalised(xml!), xml: xml ?? form! }
}

function isEventStream(output: Tuple): boolean {
  return ((output[5] as unknown[] | undefined) ?? []).some((member) => {
    const schema = resolve(splitTraits(member).type)
    return Array.isArray(schema) && schema[0] === UNION && (schema[3] as { streaming?: number }).streaming === 1
  })
}

/**
 * Which member uses which enum, as `Structure.member` → the enum's name, from the package's type
 * declarations. They are read as text, which takes a tenth of the time of the compiler.
 */
function readEnumUses(packageName: string): Map<string, string> {
  const main = createRequire(import.meta.url).resolve(packageName)
  const folder = join(dirname(main), '..', 'dist-types', 'models')
  const enums = new Set(
    [...readFileSync(join(folder, 'enums.d.ts'), 'utf8').matchAll(/export declare const (\w+)/g)].map(
      (found) => found[1]!,
    ),
  )
  const uses = new Map<string, string>()
  for (const file of readdirSync(folder).filter((name) => /^models_\d+\.d\.ts$/.test(name))) {
    const text = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, structure, body] of text.matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm))
      for (const [, member, type] of body!.matchAll(/^ {4}(\w+)\??: ([^;]*);/gm)) {
        const used = type!.match(/[A-Za-z_]\w*/g)?.find((word) => enums.has(word))
        if (used) uses.set(`${structure}.${member}`, used)
      }
  }
  return uses
}
