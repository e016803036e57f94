/**
 * Unstructured patterns: `ERROR Exception` (all must occur), `"a phrase"`, `-excluded`, `?this ?or ?that`, `%regex%`.
 * A term is found anywhere in the message, in words too, upper and lower case apart. When optional terms stand beside
 * others CloudWatch leaves the optional ones out of account.
 */
import type { FilterPattern } from '../filter-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { parseRegex } from './regex.ts'

interface Term {
  readonly sign: '' | '-' | '?'
  readonly occursIn: (message: string) => boolean
  readonly cost: number
}

export function parseTermsPattern(text: string): FilterPattern {
  const terms = readTerms(text)
  const wanted = terms.filter(({ sign }) => sign === '')
  const excluded = terms.filter(({ sign }) => sign === '-')
  const optional = wanted.length + excluded.length === 0 ? terms : []
  return {
    matches: (message) =>
      wanted.every((term) => term.occursIn(message)) &&
      !excluded.some((term) => term.occursIn(message)) &&
      (optional.length === 0 || optional.some((term) => term.occursIn(message))),
    costPerByte: Math.max(1, terms.reduce((sum, { cost }) => sum + cost, 0) / 4),
  }
}

const token = /\s*([-?]?)\s*(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%?-][^\s"]*))(?=\s|$)/y

function readTerms(text: string): Term[] {
  const terms: Term[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const [, sign, quoted, regex, word] = token.exec(text) ?? []
    if (sign === undefined) throw new PatternError('a term that is neither a word nor quoted')
    terms.push({ sign: sign as Term['sign'], ...matcher(quoted?.replace(/\\(.)/g, '$1') ?? word, regex) })
  }
  return terms
}

function matcher(plain: string | undefined, regex: string | undefined): Omit<Term, 'sign'> {
  if (plain !== undefined) return { occursIn: (message) => message.includes(plain), cost: 1 }
  const parsed = parseRegex(regex ?? '')
  return { occursIn: (message) => parsed.test(message), cost: 4 + parsed.positions }
}
