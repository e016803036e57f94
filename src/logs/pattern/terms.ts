/**
 * Unstructured patterns: `ERROR Exception` (all must occur), `"a phrase"`, `-excluded`, `?this ?or
 * ?that`, `%regex%`. A term is found anywhere in the message, even inside words. Case matters. A
 * term with more than letters, digits and underscores needs quotes. CloudWatch ignores optional
 * terms when other terms are present.
 */
import type { FilterPattern } from './pattern.ts'
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

const token = /\s*([-?]?)\s*(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([\p{L}\p{N}_]+))(?=\s|$)/uy
/** Like `token`, but stops at the first character that an unquoted term cannot have. */
const beginning = /\s*[-?]?\s*(?:"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|[\p{L}\p{N}_]*)/uy

function readTerms(text: string): Term[] {
  const terms: Term[] = []
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const [, sign, quoted, regex, word] = token.exec(text) ?? []
    if (sign === undefined) throw badTerm(text, at)
    terms.push({ sign: sign as Term['sign'], ...matcher(quoted?.replace(/\\(.)/g, '$1') ?? word, regex) })
  }
  return terms
}

/** The live service names the first character that would have needed quotes around the term. */
function badTerm(text: string, at: number): PatternError {
  beginning.lastIndex = at
  beginning.exec(text)
  const character = text[beginning.lastIndex]
  const told = character && /[^\s"%]/.test(character) ? `Invalid character(s) in term '${character}'` : undefined
  return new PatternError('a term that is neither a word nor quoted', told)
}

function matcher(plain: string | undefined, regex: string | undefined): Omit<Term, 'sign'> {
  if (plain !== undefined) return { occursIn: (message) => message.includes(plain), cost: 1 }
  const parsed = parseRegex(regex ?? '')
  return { occursIn: (message) => parsed.test(message), cost: 4 + parsed.positions }
}
