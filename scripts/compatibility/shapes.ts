/**
 * AWS's shapes as far as the built operations reach: which structures exist, and which of them need
 * lines.
 */

import batchSchema from '../../src/edge/generated/batch.schema.json' with { type: 'json' }
import logsSchema from '../../src/edge/generated/logs.schema.json' with { type: 'json' }
import * as generated from '../../src/edge/generated/operations.ts'
import { servicesOf } from '../../src/edge/services.ts'
import { coversAllBelow, type Lines, parseLine } from './line.ts'

export type Service = 'batch' | 'logs'

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
}

const definitions: Readonly<Record<Service, Readonly<Record<string, Definition>>>> = {
  batch: batchSchema.definitions as Readonly<Record<string, Definition>>,
  logs: logsSchema.definitions as Readonly<Record<string, Definition>>,
}

export interface OperationState {
  readonly name: string
  readonly built: boolean
  readonly input: string
  readonly output: string | undefined
}

/** Every operation of the generated shapes, and whether one of `services` offers it. */
export function operationStates(service: Service, services = servicesOf()): OperationState[] {
  const shapes: Record<string, generated.OperationShape> =
    service === 'batch' ? generated.batchOperations : generated.logsOperations
  const offered = services.find(({ name }) => name === service)?.operations ?? []
  const built = new Set(offered.map(({ name }) => name))
  return Object.values(shapes).map(({ name, input, output }) => ({ name, built: built.has(name), input, output }))
}

export function membersOf(service: Service, structure: string): string[] {
  return Object.keys(definitions[service][structure]?.properties ?? {})
}

export function isRequired(service: Service, structure: string, member: string): boolean {
  return definitions[service][structure]?.required?.includes(member) ?? false
}

/** The structures a member is made of: itself, or the items of a list or map. */
export function structuresIn(service: Service, structure: string, member: string): string[] {
  return referencesOf(definitions[service][structure]?.properties?.[member]).filter((name) =>
    Boolean(definitions[service][name]?.properties),
  )
}

/**
 * The structures that need lines: those of the built operations and everything they lead to, except
 * through a member whose parts all share one fate. A structure without lines leads everywhere, so
 * that missing lines are found.
 */
export function structuresWithLines(service: Service, lines: Lines): string[] {
  const found = new Set<string>()
  const visit = (structure: string) => {
    if (found.has(structure)) return
    found.add(structure)
    for (const member of membersOf(service, structure)) {
      const line = lines[structure]?.[member]
      if (line === undefined || !coversAllBelow(parseLine(line).status)) {
        for (const inner of structuresIn(service, structure, member)) visit(inner)
      }
    }
  }
  for (const { built, input, output } of operationStates(service)) {
    if (!built) continue
    visit(input)
    if (output !== undefined) visit(output)
  }
  return [...found].filter((structure) => membersOf(service, structure).length > 0)
}

/** Everything below a member, without the member itself. */
export function structuresBelow(service: Service, structure: string, member: string): Set<string> {
  const below = new Set<string>()
  const visit = (name: string) => {
    if (below.has(name)) return
    below.add(name)
    for (const inner of membersOf(service, name)) for (const next of structuresIn(service, name, inner)) visit(next)
  }
  for (const first of structuresIn(service, structure, member)) visit(first)
  return below
}

function referencesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' ? [String(value).replace('#/definitions/', '')] : referencesOf(value),
  )
}
