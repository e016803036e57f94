/**
 * The regular expressions that CloudWatch allows between percent signs: letters, digits, a few
 * symbols, and `^ $ ? [ ] { } | \ * + .` without groups. They are matched in linear time
 * (`src/logs/regexp/automaton.ts`).
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
 */
import { Automaton } from '../regexp/automaton.ts'
import type { CharRanges } from '../regexp/char-ranges.ts'
import type { RegexpNode } from '../regexp/regexp-node.ts'
import { PatternError } from './pattern-error.ts'

/** Positions after `{m,n}` is written out. More would slow a search and help nobody. */
const positionsMax = 256
/** Sets of possibilities that are remembered. When there are more, the memory starts afresh. */
const statesMax = 2000

export interface Regex {
  test(text: string): boolean
  readonly positions: number
}

/**
 * One place of the pattern: the characters it accepts, and whether it may be skipped or repeated.
 */
interface Item {
  readonly takes: Uint8Array
  readonly optional: boolean
  readonly repeats: boolean
}

interface Alternative {
  readonly items: readonly Item[]
  readonly fromStart: boolean
  readonly toEnd: boolean
}

export function parseRegex(source: string): Regex {
  if (!/^[A-Za-z0-9 :_#=@/;,^$?[\]{}|\\*+.-]+$/.test(source))
    throw new PatternError('a character that is not supported')
  const alternatives = splitAlternatives(source).map(parseAlternative)
  const positions = alternatives.reduce((sum, { items }) => sum + items.length, 0)
  if (positions > positionsMax) throw new PatternError('the expression is too large')
  const parts = alternatives.map(nodeOf)
  const automaton = new Automaton({ kind: 'either', parts }, { instructionsMax: 4 * positionsMax, statesMax })
  return { test: (text) => automaton.test(text), positions }
}

/** Splits at each `|` that is neither escaped nor in brackets. */
function splitAlternatives(source: string): string[] {
  const parts: string[] = []
  let part = ''
  let inBrackets = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!
    if (char === '\\') part += char + (source[++at] ?? '')
    else if (char === '|' && !inBrackets) {
      parts.push(part)
      part = ''
    } else {
      if (char === '[') inBrackets = true
      else if (char === ']') inBrackets = false
      part += char
    }
  }
  return [...parts, part]
}

function parseAlternative(source: string): Alternative {
  const fromStart = source.startsWith('^')
  let at = fromStart ? 1 : 0
  const items: Item[] = []
  while (at < source.length) {
    if (source[at] === '$' && at === source.length - 1) return { items, fromStart, toEnd: true }
    const atom = parseAtom(source, at)
    const times = parseQuantifier(source, atom.end)
    repeatItem(items, atom.takes, times)
    at = times.end
  }
  return { items, fromStart, toEnd: false }
}

function repeatItem(items: Item[], takes: Uint8Array, { least, most }: { least: number; most: number }): void {
  const bounded = most === Number.POSITIVE_INFINITY ? Math.max(least, 1) : most
  if (items.length + bounded > positionsMax) throw new PatternError('the expression is too large')
  for (let n = 1; n <= bounded; n++) {
    items.push({ takes, optional: n > least, repeats: most === Number.POSITIVE_INFINITY && n === bounded })
  }
}

function parseQuantifier(source: string, at: number): { least: number; most: number; end: number } {
  const char = source[at]
  if (char === '?') return { least: 0, most: 1, end: at + 1 }
  if (char === '*') return { least: 0, most: Number.POSITIVE_INFINITY, end: at + 1 }
  if (char === '+') return { least: 1, most: Number.POSITIVE_INFINITY, end: at + 1 }
  if (char !== '{') return { least: 1, most: 1, end: at }
  const [whole, from, comma, to] = /^\{(\d{1,4})(?: *(,) *(\d{0,4}))?\}/.exec(source.slice(at)) ?? []
  if (!whole) throw new PatternError('a brace without a count')
  const least = Number(from)
  const most = !comma ? least : to === '' ? Number.POSITIVE_INFINITY : Number(to)
  if (most < least) throw new PatternError('a count from more to less')
  return { least, most, end: at + whole.length }
}

/** The class of a character in a pattern: its code, or this value for everything beyond ASCII. */
const beyondAscii = 128

function parseAtom(source: string, at: number): { takes: Uint8Array; end: number } {
  const char = source[at]!
  if (char === '[') return parseClass(source, at)
  if (char === '\\') return { takes: escaped(source[at + 1]), end: at + 2 }
  if (char === '.') return { takes: new Uint8Array(beyondAscii + 1).fill(1), end: at + 1 }
  if ('?*+{}]^$'.includes(char)) throw new PatternError(`a ${char} where none can stand`)
  return { takes: only(char), end: at + 1 }
}

function parseClass(source: string, open: number): { takes: Uint8Array; end: number } {
  const takes = new Uint8Array(beyondAscii + 1)
  let at = open + 1
  const isNegated = source[at] === '^'
  if (isNegated) at++
  for (; source[at] !== ']'; at++) {
    if (at >= source.length) throw new PatternError('a bracket that does not close')
    if (source[at] === '\\') {
      for (const [code, taken] of escaped(source[++at]).entries()) takes[code]! |= taken
    } else if (source[at + 1] === '-' && at + 2 < source.length && source[at + 2] !== ']') {
      const [from, to] = [source.charCodeAt(at), source.charCodeAt(at + 2)]
      if (to < from) throw new PatternError('a range from more to less')
      takes.fill(1, from, to + 1)
      at += 2
    } else takes[source.charCodeAt(at)] = 1
  }
  if (at === open + 1) throw new PatternError('an empty class')
  return { takes: isNegated ? takes.map((taken) => 1 - taken) : takes, end: at + 1 }
}

function only(char: string): Uint8Array {
  const takes = new Uint8Array(beyondAscii + 1)
  takes[char.charCodeAt(0)] = 1
  return takes
}

const classes: Readonly<Record<string, RegExp>> = { d: /[0-9]/, D: /[^0-9]/, s: /\s/, S: /\S/, w: /\w/, W: /\W/ }

function escaped(char: string | undefined): Uint8Array {
  if (char === undefined) throw new PatternError('a backslash with nothing after it')
  const named = classes[char]
  if (!named) {
    if (/[A-Za-z0-9]/.test(char)) throw new PatternError(`\\${char} is not supported`)
    return only(char)
  }
  const takes = Uint8Array.from({ length: beyondAscii + 1 }, (_, code) =>
    named.test(String.fromCharCode(code)) ? 1 : 0,
  )
  if (char === char.toUpperCase()) takes[beyondAscii] = 1
  return takes
}

/** Turns the codes that a set accepts into ranges. `beyondAscii` stands for all codes above it. */
function rangesOf(takes: Uint8Array): CharRanges {
  const codes = [...takes.keys()].filter((code) => takes[code])
  return codes.map((code) => (code === beyondAscii ? [code, 0x10ffff] : [code, code]))
}

function nodeOf({ items, fromStart, toEnd }: Alternative): RegexpNode {
  const parts = items.map(({ takes, optional, repeats }): RegexpNode => {
    const set: RegexpNode = { kind: 'set', ranges: rangesOf(takes) }
    if (!optional && !repeats) return set
    return { kind: 'repeat', part: set, least: optional ? 0 : 1, most: repeats ? Number.POSITIVE_INFINITY : 1 }
  })
  return {
    kind: 'sequence',
    parts: [
      ...(fromStart ? [{ kind: 'assert', what: 'textStart' } as const] : []),
      ...parts,
      ...(toEnd ? [{ kind: 'assert', what: 'textEnd' } as const] : []),
    ],
  }
}
