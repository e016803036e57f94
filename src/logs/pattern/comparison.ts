/**
 * `= value`, `!= "a phrase"`, `= *.html*`, `>= 10e3`, `= %regex%`: the comparison of a field, the
 * same for JSON and for space-delimited patterns. An asterisk at either end of a value, quoted or
 * not, stands for any text. Elsewhere it stands for itself.
 */
import { limits } from '../../model/limits.ts'
import { PatternError } from './pattern-error.ts'
import { parseRegex } from './regex.ts'
import type { Scanner } from './scanner.ts'

export interface Comparison {
  /** Whether a field with this text or number meets the comparison. */
  holds(value: string | number | boolean): boolean
  readonly cost: number
}

/** Counts what CloudWatch limits in one pattern. */
export class Allowance {
  #regexes: number = limits.logFilterPatternRegexes
  #wildcards = 3

  takeRegex(): void {
    if (--this.#regexes < 0) throw new PatternError('too many regular expressions')
  }

  /** At most one `*` in a property selector, three in a pattern. */
  takeWildcards(count: number): void {
    this.#wildcards -= count
    if (count > 1 || this.#wildcards < 0) throw new PatternError('too many wildcards')
  }
}

const operatorToken = /<=|>=|!=|=|<|>/y
const quotedToken = /"((?:[^"\\]|\\.)*)"/y
const regexToken = /%((?:[^%\\]|\\.)*)%/y
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * `bareToken` (sticky) says which characters an unquoted value may have. Undefined if no operator
 * stands here.
 */
export function takeComparison(scanner: Scanner, bareToken: RegExp, allowance: Allowance): Comparison | undefined {
  const operator = scanner.take(operatorToken)?.[0]
  if (!operator) return undefined
  const regex = scanner.take(regexToken)?.[1]
  if (regex !== undefined) return regexComparison(operator, regex, allowance)
  const quoted = scanner.take(quotedToken)?.[1]
  if (quoted !== undefined) return textComparison(operator, quoted.replace(/\\(.)/g, '$1'))
  const bare = scanner.take(bareToken)?.[0].trim()
  if (!bare) throw new PatternError('a comparison with nothing')
  return numberPattern.test(bare) ? numberComparison(operator, Number(bare), bare) : textComparison(operator, bare)
}

function regexComparison(operator: string, source: string, allowance: Allowance): Comparison {
  allowance.takeRegex()
  const regex = parseRegex(source)
  return { holds: negatedFor(operator, (value) => regex.test(String(value))), cost: 4 + regex.positions }
}

function textComparison(operator: string, text: string): Comparison {
  const fromAny = text.startsWith('*')
  const toAny = text.length > 1 && text.endsWith('*')
  const core = text.slice(fromAny ? 1 : 0, toAny ? -1 : undefined)
  const equal = (value: string | number | boolean) => {
    const field = String(value)
    if (fromAny && toAny) return field.includes(core)
    if (fromAny) return field.endsWith(core)
    return toAny ? field.startsWith(core) : field === core
  }
  return { holds: negatedFor(operator, equal), cost: 1 }
}

/** For = and != only. */
function negatedFor(operator: string, equal: Comparison['holds']): Comparison['holds'] {
  if (operator === '=') return equal
  if (operator === '!=') return (value) => !equal(value)
  throw new PatternError(`${operator} wants a number`)
}

function numberComparison(operator: string, wanted: number, written: string): Comparison {
  return { holds: (value) => numberHolds(operator, value, wanted, written), cost: 1 }
}

function numberHolds(operator: string, value: string | number | boolean, wanted: number, written: string): boolean {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && numberPattern.test(value))
  // A text that is not a number differs from every number, and is neither more nor less.
  if (!isNumber) return operator === '!=' ? String(value) !== written : operator === '=' && String(value) === written
  const field = Number(value)
  switch (operator) {
    case '=':
      return field === wanted
    case '!=':
      return field !== wanted
    case '<':
      return field < wanted
    case '<=':
      return field <= wanted
    case '>':
      return field > wanted
    default:
      return field >= wanted
  }
}
