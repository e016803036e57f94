/**
 * The form of a scenario: names and types of all its members, with a problem for each one that is
 * wrong.
 */
import { Ajv, type ErrorObject } from 'ajv'
import type { TSchema } from 'typebox'
import { ScenarioSchema } from './scenario-schema.ts'

/** Reports where something is wrong, and what. */
export type Complain = (path: readonly string[], text: string) => void

/**
 * Whether a member, and everything in it, has the right form. An optional member that is absent is
 * sound.
 */
export type IsSound = (...path: string[]) => boolean

/** Fills in the defaults of what exists. */
export function checkForm(raw: unknown, complain: Complain): IsSound {
  // Without strictNumbers `.inf` and `.nan` would be numbers.
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, strictNumbers: true, verbose: true })
  ajv.validate(ScenarioSchema, raw)
  const wrong = told(ajv.errors ?? []).map(({ path, text }) => {
    complain(path, text)
    return path
  })
  return (...path) => !wrong.some((other) => path.slice(0, other.length).every((name, at) => name === other[at]))
}

/** Reports a union only as a whole: what each of its forms lacks helps nobody. */
function told(errors: readonly ErrorObject[]) {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf')
  return errors
    .filter((error) => !unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`)))
    .map((error) => {
      const path = error.instancePath.slice(1).split('/').filter(Boolean).map(unescaped)
      const { keyword, params } = error
      const parent = error.parentSchema as TSchema & { description?: string; properties?: object }
      if (keyword === 'required') return { path: [...path, params.missingProperty as string], text: 'is required' }
      if (keyword === 'additionalProperties')
        return {
          path: [...path, params.additionalProperty as string],
          text: unknownText(path.length === 0 ? { ...parent.properties, variants: {} } : parent.properties),
        }
      if (keyword === 'anyOf') return { path, text: `must be ${parent.description}` }
      const among = keyword === 'enum' ? `: ${(params.allowedValues as unknown[]).join(', ')}` : ''
      return { path, text: `${error.message}${among}` }
    })
}

function unknownText(known: object | undefined): string {
  return known
    ? `there is no such member; there are ${Object.keys(known).join(', ')}`
    : 'must be a name of at most 128 letters, digits, - and _'
}

/** Decodes a name in a JSON pointer. */
function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
