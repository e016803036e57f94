/** Prints an answer as `--output` and `--query` ask. */
import { search } from 'jmespath'
import { exitCodes, Failure, messageOf, wrongUsage } from './failure.ts'
import type { Services } from './services.ts'

type Value = string | number | boolean | null | undefined | readonly Value[] | { readonly [name: string]: Value }

/** `value` is what JSON can say. */
export function print(value: object, { options, settings, output }: Services): void {
  const format = settings.output
  if (format === 'off') return
  if (format !== 'json' && format !== 'text')
    throw wrongUsage(`argument --output: the aws command that openbatch supplies prints json and text, not ${format}`)
  const query = options.value('query')
  // The library takes plain JSON, without members that are undefined.
  const plain = JSON.parse(JSON.stringify(value)) as Value
  const wanted = query === undefined ? plain : queried(plain, query)
  if (format === 'text') for (const line of textLines(wanted)) output.line(line)
  else output.line(JSON.stringify(wanted, undefined, 4).replace(/[\u0080-\uffff]/g, escapedUnit))
}

function queried(value: Value, query: string): Value {
  try {
    return search(value, query) as Value
  } catch (error) {
    throw new Failure(`Bad value for --query ${query}: ${messageOf(error)}`, exitCodes.usage)
  }
}

const escapedUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The CLI's text: values of a table in the order of their names, and what nests on lines of its own. */
export function textLines(value: Value, name?: string, columns?: readonly string[]): string[] {
  if (Array.isArray(value)) return listLines(value, name)
  if (typeof value !== 'object' || value === null) return [scalar(value as string)]
  const table = value as { readonly [name: string]: Value }
  const names =
    columns ??
    Object.keys(table)
      .filter((key) => !isNested(table[key]))
      .sort()
  const scalars = names.map((key) => (Object.hasOwn(table, key) ? scalar(table[key]) : ''))
  const line = name === undefined ? scalars : [name.toUpperCase(), ...scalars]
  const nested = Object.keys(table)
    .filter((key) => isNested(table[key]))
    .sort()
  return [...(scalars.length > 0 ? [line.join('\t')] : []), ...nested.flatMap((key) => textLines(table[key], key))]
}

function listLines(list: readonly Value[], name: string | undefined): string[] {
  const tables = list.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
  if (tables.length > 0) {
    const columns = [
      ...new Set(
        tables.flatMap((one) =>
          Object.keys(one as object).filter((key) => !isNested((one as Record<string, Value>)[key])),
        ),
      ),
    ].sort()
    return list.flatMap((one) => textLines(one, name, columns))
  }
  const scalars = list.filter((one) => !isNested(one)).map((one) => scalar(one))
  const nested = list.filter(isNested)
  const own =
    scalars.length === 0
      ? []
      : name === undefined || nested.length > 0
        ? [scalars.join('\t')]
        : scalars.map((one) => `${name.toUpperCase()}\t${one}`)
  return [...own, ...nested.flatMap((one) => textLines(one, name))]
}

function isNested(value: Value): boolean {
  return typeof value === 'object' && value !== null
}

function scalar(value: Value): string {
  if (value === null || value === undefined) return 'None'
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
}
