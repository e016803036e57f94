/** Reads the command line as the AWS CLI does: options anywhere after the command they belong to. */
import { wrongUsage } from './failure.ts'

/**
 * `flag` takes no value, `value` takes one, `list` takes all that follow, and `optional` takes one if it
 * does not begin with a dash. An array is the values that are allowed.
 */
export type OptionKind = 'flag' | 'value' | 'list' | 'optional' | readonly string[]
export type OptionTable = Readonly<Record<string, OptionKind>>

/** What every command takes. Some of them change nothing here, as they are about the CLI's own output. */
export const globalOptions: OptionTable = {
  'endpoint-url': 'value',
  region: 'value',
  profile: 'value',
  output: ['json', 'text', 'table', 'yaml', 'yaml-stream', 'off'],
  query: 'value',
  'ca-bundle': 'value',
  'no-verify-ssl': 'flag',
  'no-sign-request': 'flag',
  'no-paginate': 'flag',
  'cli-read-timeout': 'value',
  'cli-connect-timeout': 'value',
  'cli-binary-format': 'value',
  'no-cli-pager': 'flag',
  'no-cli-auto-prompt': 'flag',
  color: 'value',
  debug: 'flag',
  version: 'flag',
}

export class Options {
  readonly #values = new Map<string, string[]>()
  /** Options in their order, for `--exclude` and `--include`. */
  readonly inOrder: { readonly name: string; readonly value: string }[] = []

  set(name: string, values: readonly string[]): void {
    this.#values.set(name, [...values])
    for (const value of values) this.inOrder.push({ name, value })
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The last value given. */
  value(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  number(name: string): number | undefined {
    const text = this.value(name)
    if (text === undefined) return undefined
    if (!/^\d+$/.test(text)) throw wrongUsage(`argument --${name}: invalid int value: '${text}'`)
    return Number(text)
  }
}

export interface Parsed {
  readonly words: readonly string[]
  readonly options: Options
  /** What follows a command whose options the table does not say. */
  readonly rest: readonly string[]
}

/**
 * Options of `table`, and other words. With `mostWords`, stops after so many words, because the
 * options behind them are those of the command that they name.
 */
export function parse(
  args: readonly string[],
  table: OptionTable,
  { mostWords = Number.POSITIVE_INFINITY, options = new Options() } = {},
): Parsed {
  const words: string[] = []
  let at = 0
  for (; at < args.length && words.length < mostWords; at++) {
    const arg = args[at]!
    if (arg === '--') {
      words.push(...args.slice(at + 1))
      return { words, options, rest: [] }
    }
    if (!arg.startsWith('--') || arg === '-') words.push(arg)
    else at = readOption(args, at, table, options)
  }
  return { words, options, rest: args.slice(at) }
}

/** Answers the place of the last argument that belongs to the option. */
function readOption(args: readonly string[], at: number, table: OptionTable, options: Options): number {
  const [, name = '', inline] = /^--([^=]*)(?:=(.*))?$/s.exec(args[at]!) ?? []
  const kind = Object.hasOwn(table, name) ? table[name]! : undefined
  if (kind === undefined) throw wrongUsage(`Unknown options: ${args[at]}`)
  if (kind === 'flag') {
    if (inline !== undefined) throw wrongUsage(`argument --${name}: ignored explicit argument '${inline}'`)
    options.set(name, [''])
    return at
  }
  const last = inline === undefined ? lastValue(args, at, kind) : at
  const values = inline === undefined ? args.slice(at + 1, last + 1) : [inline]
  if (values.length === 0 && kind !== 'optional') throw wrongUsage(`argument --${name}: expected one argument`)
  if (typeof kind !== 'string' && !kind.includes(values[0]!))
    throw wrongUsage(
      `argument --${name}: Invalid choice, valid choices are:\n\n${kind.join(' | ')}\n\nInvalid choice: '${values[0]}'`,
    )
  options.set(name, values)
  return last
}

function lastValue(args: readonly string[], at: number, kind: OptionKind): number {
  const isValue = (arg: string | undefined) => arg !== undefined && !(arg.startsWith('--') && arg.length > 2)
  if (kind !== 'list') return isValue(args[at + 1]) ? at + 1 : at
  let last = at
  while (isValue(args[last + 1])) last++
  return last
}
