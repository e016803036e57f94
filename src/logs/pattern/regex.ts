/**
 * The regular expressions CloudWatch allows between percent signs: letters, digits, a few symbols, and `^ $ ? [ ] { } | \ * + .`
 * without groups. Matched by following all possibilities at once, a character at a time, so that no pattern can take
 * longer than the message's length times the pattern's, which a backtracking engine cannot promise.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
 */
import { PatternError } from './pattern-error.ts'

/** After `{m,n}` is written out. More would make a search slow for no one's benefit. */
const positionsMax = 256
/** Remembered sets of possibilities; when there are more the memory starts afresh. */
const statesMax = 2000

export interface Regex {
  test(text: string): boolean
  readonly positions: number
}

/** One place of the pattern: what it takes, and whether it may be skipped or stay. */
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
  return { test: compile(alternatives), positions }
}

/** At each `|` that is neither escaped nor in brackets. */
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

/** What a character is to a pattern: its code, or this for all beyond ASCII. */
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

/** A set of places the match may have come to, with what follows from each character: made when first met. */
interface State {
  readonly places: readonly number[]
  readonly next: (State | undefined)[]
  /** A match has ended here; or would if the text ended here. */
  readonly accepts: boolean
  readonly acceptsAtEnd: boolean
}

function compile(alternatives: readonly Alternative[]): (text: string) => boolean {
  // Places are numbered through: place p of an alternative means its first p items are done.
  const starts: number[] = []
  const itemAt: (Item | undefined)[] = []
  const alternativeAt: Alternative[] = []
  for (const alternative of alternatives) {
    starts.push(itemAt.length)
    for (const item of [...alternative.items, undefined]) {
      itemAt.push(item)
      alternativeAt.push(alternative)
    }
  }
  const restarts = starts.filter((_, n) => !alternatives[n]!.fromStart)
  const known = new Map<string, State>()

  /** The places, and those reached from them by skipping what is optional. */
  function stateOf(places: readonly number[]): State {
    const all = new Set<number>()
    for (const place of places) {
      for (let at = place; !all.has(at); at++) {
        all.add(at)
        if (!itemAt[at]?.optional) break
      }
    }
    const sorted = [...all].sort((a, b) => a - b)
    const key = sorted.join()
    const found = known.get(key)
    if (found) return found
    if (known.size >= statesMax) known.clear()
    const ended = sorted.filter((place) => !itemAt[place])
    const state: State = {
      places: sorted,
      next: [],
      accepts: ended.some((place) => !alternativeAt[place]!.toEnd),
      acceptsAtEnd: ended.length > 0,
    }
    known.set(key, state)
    return state
  }

  function follow(state: State, code: number): State {
    const places = [...restarts]
    for (const place of state.places) {
      const item = itemAt[place]
      if (!item || item.takes[code] === 0) continue
      places.push(place + 1)
      if (item.repeats) places.push(place)
    }
    return stateOf(places)
  }

  return (text) => {
    let state = stateOf(starts)
    for (let at = 0; at < text.length; at++) {
      if (state.accepts) return true
      const code = Math.min(text.charCodeAt(at), beyondAscii)
      let next = state.next[code]
      if (!next) {
        next = follow(state, code)
        state.next[code] = next
      }
      state = next
    }
    return state.acceptsAtEnd
  }
}
