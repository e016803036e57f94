/**
 * The drivers of a configuration: `drivers` holds them by name, each with its kind. Each kind of
 * the catalogue is also a driver of that name, which need not be configured.
 */
import { type TObject, type TSchema, Type } from 'typebox'
import type { DriverKind } from '../../drivers/driver-kind.ts'

/** Checked settings. In addition to these members they have those of the kind's `Settings`. */
export type DriverSettings = Readonly<Record<PropertyKey, unknown>> & {
  readonly kind: string
  readonly enabled: boolean
}

const longestName = 32
/** Names appear in tags, metrics and paths, and in capitals in variables. */
const nameForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const kindVariable = /^OPENBATCH_DRIVERS_([A-Z0-9_]+)_KIND$/

/**
 * Finds the kind of each driver. A driver with a wrong name or kind becomes a problem and is
 * removed from `settings`, so that the schema does not report it again. A driver without a kind, as
 * from before drivers had names, is read, and a notice says how to write it.
 */
export function namedKinds(
  settings: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
  kinds: readonly DriverKind[],
): { readonly named: ReadonlyMap<string, DriverKind>; readonly problems: string[]; readonly notices: string[] } {
  const named = new Map(kinds.map((kind) => [kind.kind, kind] as const))
  const [problems, notices]: [string[], string[]] = [[], []]
  const choices = kinds.map(({ kind }) => kind).join(', ')
  for (const name of namesFromVariables(env, settings.drivers)) inMap(settings, name)
  const drivers = isMap(settings.drivers) ? settings.drivers : {}
  for (const [name, entry] of Object.entries(drivers)) {
    const ofItsName = kinds.find(({ kind }) => kind === name)
    const wanted = kindOf(name, entry, env) ?? ofItsName?.kind
    const kind = kinds.find((it) => it.kind === wanted)
    const problem =
      problemOfName(name) ??
      (kind === undefined ? `drivers.${name}.kind: must be the kind of the driver: ${choices}` : undefined) ??
      (ofItsName && kind !== ofItsName
        ? `drivers.${name}.kind: a driver named ${name} can only be of the kind ${name}`
        : undefined)
    if (problem !== undefined || !kind) {
      if (problem !== undefined) problems.push(problem)
      delete drivers[name]
      continue
    }
    named.set(name, kind)
    if (isMap(entry) && entry.kind === undefined && kindOf(name, entry, env) === undefined)
      notices.push(
        `drivers.${name} is written as in earlier versions, without its kind. Write it so: drivers: { ${name}: { kind: ${name}, … } }`,
      )
  }
  return { named, problems, notices }
}

/** The schema of `drivers` for these names. */
export function driversSchema(named: ReadonlyMap<string, DriverKind>): TObject {
  const strict = { additionalProperties: false, default: {} } as const
  const properties = [...named].map(([name, kind]): [string, TSchema] => {
    const isUnasked = name !== kind.kind || kind.isOfferedUnasked
    return [
      name,
      Type.Object(
        {
          kind: Type.Enum([kind.kind], { description: 'kind of the driver', default: kind.kind }),
          enabled: Type.Boolean({ description: 'whether the driver is offered', default: isUnasked }),
          ...kind.Settings.properties,
        },
        strict,
      ),
    ]
  })
  return Type.Object(Object.fromEntries(properties), strict)
}

function problemOfName(name: string): string | undefined {
  if (name.length > longestName) return `drivers: a name has at most ${longestName} characters (${shown(name)})`
  if (nameForm.test(name)) return undefined
  return `drivers: a name is made of a to z, 0 to 9 and hyphens, a letter first (${shown(name)})`
}

function shown(name: string): string {
  return name.slice(0, 2 * longestName)
}

/** Drivers that only a variable names: `OPENBATCH_DRIVERS_BIG_KIND`. */
function namesFromVariables(env: Readonly<Record<string, string | undefined>>, drivers: unknown): string[] {
  const written = new Set(isMap(drivers) ? Object.keys(drivers).map(variablePart) : [])
  return Object.keys(env).flatMap((variable) => {
    const part = kindVariable.exec(variable)?.[1]
    return part === undefined || env[variable] === undefined || written.has(part)
      ? []
      : [part.toLowerCase().replaceAll('_', '-')]
  })
}

function kindOf(name: string, entry: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  return env[`OPENBATCH_DRIVERS_${variablePart(name)}_KIND`] ?? (isMap(entry) ? entry.kind : undefined)
}

/**
 * Converts a name to its form in a variable: `maxConcurrentStarts` → `MAX_CONCURRENT_STARTS`,
 * `big-one` → `BIG_ONE`.
 */
export function variablePart(name: string): string {
  return name
    .replace(/[A-Z]/g, (it) => `_${it}`)
    .replaceAll('-', '_')
    .toUpperCase()
}

function inMap(settings: Record<string, unknown>, name: string): void {
  settings.drivers ??= {}
  if (isMap(settings.drivers)) settings.drivers[name] ??= {}
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
