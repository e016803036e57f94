/**
 * Space-delimited patterns: `[ip, user, ..., status_code = 4* && status_code != 404, bytes >
 * 1000]`. The message is cut into fields at white space. Text in double quotes or brackets is one
 * field. The message must have as many fields as the pattern; one `...` stands for any number of
 * fields.
 */

import { Allowance, takeComparison } from './comparison.ts'
import type { FilterPattern } from './pattern.ts'
import { PatternError } from './pattern-error.ts'
import { Scanner } from './scanner.ts'

type FieldTest = (field: string) => boolean

export function parseFieldsPattern(text: string): FilterPattern {
  const parser = new Parser(text)
  const { before, after } = parser.parse()
  return { matches: (message) => matches(splitFields(message), before, after), costPerByte: parser.cost }
}

/** `after` is undefined in a pattern without an ellipsis. */
function matches(
  fields: readonly string[],
  before: readonly FieldTest[],
  after: readonly FieldTest[] | undefined,
): boolean {
  const named = before.length + (after?.length ?? 0)
  if (after ? fields.length < named : fields.length !== named) return false
  if (!before.every((test, n) => test(fields[n]!))) return false
  const from = fields.length - (after?.length ?? 0)
  return after?.every((test, n) => test(fields[from + n]!)) ?? true
}

/**
 * Written by hand and not as a regular expression, which would search again and again for the
 * missing end of an opened bracket.
 */
function splitFields(message: string): string[] {
  const fields: string[] = []
  const unclosed = new Set<string>()
  const plain = /\S+/y
  for (let at = nextNonSpace(message, 0); at < message.length; at = nextNonSpace(message, at)) {
    const open = message[at]!
    const closer = open === '"' ? '"' : open === '[' ? ']' : undefined
    const close = closer && !unclosed.has(closer) ? message.indexOf(closer, at + 1) : -1
    if (close >= 0) {
      fields.push(message.slice(at + 1, close))
      at = close + 1
      continue
    }
    if (closer) unclosed.add(closer)
    plain.lastIndex = at
    fields.push(plain.exec(message)![0])
    at = plain.lastIndex
  }
  return fields
}

function nextNonSpace(message: string, from: number): number {
  const space = /\s*/y
  space.lastIndex = from
  space.exec(message)
  return space.lastIndex
}

class Parser {
  readonly #scanner: Scanner
  readonly #allowance = new Allowance()
  cost = 4

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  parse(): { before: FieldTest[]; after: FieldTest[] | undefined } {
    const before: FieldTest[] = []
    let after: FieldTest[] | undefined
    this.#scanner.expect('[')
    do {
      if (this.#scanner.takeText('...')) {
        if (after) throw new PatternError('two ellipses')
        after = []
      } else (after ?? before).push(this.#field())
    } while (this.#scanner.takeText(','))
    this.#scanner.expect(']')
    this.#scanner.expectEnd()
    return { before, after }
  }

  /**
   * Reads `name`, `name = value`, `name = a || name = b && name != c`, or nothing, which is a field
   * of no interest.
   */
  #field(): FieldTest {
    const name = this.#scanner.take(/[A-Za-z_$][A-Za-z0-9_$]*/y)?.[0]
    if (name === undefined) return () => true
    const first = this.#comparison()
    if (!first) return () => true
    const either = [[first]]
    for (;;) {
      const joint = this.#scanner.take(/&&|\|\|/y)?.[0]
      if (!joint) return (field) => either.some((both) => both.every((test) => test(field)))
      const again = this.#scanner.take(/[A-Za-z_$][A-Za-z0-9_$]*/y)?.[0]
      const next = this.#comparison()
      if (again !== name || !next) throw new PatternError('a condition on one field names that field')
      if (joint === '&&') either.at(-1)!.push(next)
      else either.push([next])
    }
  }

  #comparison(): FieldTest | undefined {
    const comparison = takeComparison(this.#scanner, /[^\s,"%[\]&|=<>!]+/y, this.#allowance)
    if (!comparison) return undefined
    this.cost += comparison.cost
    return (field) => comparison.holds(field)
  }
}
