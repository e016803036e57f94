/**
 * Every member of a request, with its path through AWS's shapes:
 * `containerProperties.linuxParameters.tmpfs[].size`.
 */
import batchSchema from '../../../src/edge/generated/batch.schema.json' with { type: 'json' }
import type { Definitions, Shape } from '../../support/generated-bodies.ts'

const definitions = batchSchema.definitions as unknown as Definitions

export interface Step {
  readonly structure: string
  readonly member: string
  /** Whether the member is a list of structures. The path continues through one of them. */
  readonly isList: boolean
}

export interface MemberPath {
  readonly text: string
  readonly steps: readonly Step[]
  /** The shape of the last step. */
  readonly shape: Shape
}

/** Structures have no path of their own: their members have. */
export function memberPaths(structure: string, before: readonly Step[] = []): MemberPath[] {
  return Object.entries(definitions[structure]?.properties ?? {}).flatMap(([member, declared]) => {
    const { shape, inner, isList } = resolve(declared)
    const steps = [...before, { structure, member, isList: inner !== undefined && isList }]
    return inner === undefined ? [{ text: textOf(steps), steps, shape }] : memberPaths(inner, steps)
  })
}

export function shapeOf(structure: string, member: string): Shape {
  return resolve(definitions[structure]!.properties![member]!).shape
}

export function requiredMembers(structure: string): readonly string[] {
  return definitions[structure]?.required ?? []
}

/** The structure that a member is, or is a list of. */
export function structureIn(structure: string, member: string): string | undefined {
  return resolve(definitions[structure]!.properties![member]!).inner
}

/** For a list of plain values, the element's shape replaces the list's. */
export function elementOf(shape: Shape): Shape {
  return resolve(shape.items ?? {}).shape
}

function resolve(declared: Shape): { readonly shape: Shape; readonly inner?: string; readonly isList: boolean } {
  if (declared.$ref) {
    const name = declared.$ref.replace('#/definitions/', '')
    const shape = definitions[name]!
    return shape.properties ? { shape, inner: name, isList: false } : resolve(shape)
  }
  if (declared.type !== 'array') return { shape: declared, isList: false }
  const { inner } = resolve(declared.items ?? {})
  return { shape: declared, isList: true, ...(inner !== undefined && { inner }) }
}

function textOf(steps: readonly Step[]): string {
  return steps.map(({ member, isList }) => (isList ? `${member}[]` : member)).join('.')
}
