/**
 * JSON patterns: `{ ($.user.id = 1 && $.tags[*] = "x*") || $.error IS NULL }`. Only messages that
 * are a JSON object can match. A selector that leads to an object or array, or nowhere, meets no
 * comparison, not even `!=`.
 */

import { Allowance, type Comparison, takeComparison } from './comparison.ts'
import type { FilterPattern } from './pattern.ts'
import { PatternError } from './pattern-error.ts'
import { Scanner } from './scanner.ts'

type Condition = (root: unknown) => boolean

export function parseJsonPattern(text: string): FilterPattern {
  const parser = new Parser(text)
  const condition = parser.parse()
  return { matches: (message) => matches(condition, message), costPerByte: parser.cost }
}

function matches(condition: Condition, message: string): boolean {
  // Most lines of most logs are not JSON. This test keeps the parser from throwing for each of
  // them.
  if (!/^\s*\{/.test(message)) return false
  try {
    return condition(JSON.parse(message))
  } catch {
    return false
  }
}

type Step = { property: string } | { index: number } | 'each element' | 'each property'

class Parser {
  readonly #scanner: Scanner
  readonly #allowance = new Allowance()
  /** Parsing the message costs about as much as eight searches for a term. */
  cost = 8

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  parse(): Condition {
    this.#scanner.expect('{')
    const condition = this.#either()
    this.#scanner.expect('}')
    this.#scanner.expectEnd()
    return condition
  }

  #either(): Condition {
    const parts = [this.#both()]
    while (this.#scanner.takeText('||')) parts.push(this.#both())
    return parts.length === 1 ? parts[0]! : (root) => parts.some((part) => part(root))
  }

  #both(): Condition {
    const parts = [this.#single()]
    while (this.#scanner.takeText('&&')) parts.push(this.#single())
    return parts.length === 1 ? parts[0]! : (root) => parts.every((part) => part(root))
  }

  #single(): Condition {
    if (this.#scanner.takeText('(')) {
      const inner = this.#either()
      this.#scanner.expect(')')
      return inner
    }
    return this.#test(this.#selector())
  }

  #selector(): Step[] {
    if (!this.#scanner.take(/\$/y)) throw new PatternError('a selector begins with $')
    const steps: Step[] = []
    for (;;) {
      const [, property, quoted, index] =
        this.#scanner.take(/\.([A-Za-z0-9_@*-]+)|\['([^']+)'\]|\[(\d{1,9}|\*)\]/y) ?? []
      if (property === '*') steps.push('each property')
      else if (property?.includes('*')) throw new PatternError('a wildcard inside a name')
      else if (property ?? quoted) steps.push({ property: (property ?? quoted)! })
      else if (index) steps.push(index === '*' ? 'each element' : { index: Number(index) })
      else break
    }
    if (steps.length === 0) throw new PatternError('a selector that selects nothing')
    this.#allowance.takeWildcards(steps.filter((step) => typeof step === 'string').length)
    return steps
  }

  #test(steps: readonly Step[]): Condition {
    const word = this.#scanner.take(/(IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)(?![A-Za-z0-9_])/y)?.[0].replace(/\s+/, ' ')
    if (word === 'NOT EXISTS') return (root) => select(root, steps).length === 0
    if (word === 'IS NULL') return (root) => select(root, steps).includes(null)
    if (word) return (root) => select(root, steps).includes(word === 'IS TRUE')
    const comparison = takeComparison(this.#scanner, /[^\s"%{}()&|=<>!]+/y, this.#allowance)
    if (!comparison) throw new PatternError('a selector without a condition')
    this.cost += comparison.cost
    return (root) => select(root, steps).some((value) => meets(comparison, value))
  }
}

function meets(comparison: Comparison, value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? comparison.holds(value)
    : false
}

/** Returns what the selector leads to: several values with a wildcard, none where the path ends. */
function select(root: unknown, steps: readonly Step[]): unknown[] {
  let values = [root]
  for (const step of steps) values = values.flatMap((value) => follow(value, step))
  return values
}

function follow(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (step === 'each element') return Array.isArray(value) ? value : []
  if (step === 'each property') return Array.isArray(value) ? [] : Object.values(value)
  if ('index' in step) return Array.isArray(value) && step.index < value.length ? [value[step.index]] : []
  return !Array.isArray(value) && Object.hasOwn(value, step.property)
    ? [(value as Record<string, unknown>)[step.property]]
    : []
}
