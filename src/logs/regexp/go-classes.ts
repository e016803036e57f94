/** Sets of characters in Go's expressions: brackets, classes like `\d`, and escaped characters. */
import { type CharRanges, digits, inBothCases, negated, whiteSpace, wordCharacters } from './char-ranges.ts'
import type { GoScanner } from './go-scanner.ts'
import { RegexpError } from './regexp-node.ts'

const perlClasses: Readonly<Record<string, CharRanges>> = { d: digits, s: whiteSpace, w: wordCharacters }

const upper: CharRanges = [[0x41, 0x5a]]
const lower: CharRanges = [[0x61, 0x7a]]
const posixClasses: Readonly<Record<string, CharRanges>> = {
  alnum: [...digits, ...upper, ...lower],
  alpha: [...upper, ...lower],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: digits,
  graph: [[0x21, 0x7e]],
  lower,
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper,
  word: wordCharacters,
  xdigit: [...digits, [0x41, 0x46], [0x61, 0x66]],
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }

/**
 * Reads from after the opening bracket to the closing one. `anyCase` accepts letters of either
 * case.
 */
export function readClass(scanner: GoScanner, anyCase: boolean): CharRanges {
  const isNegated = scanner.take('^')
  const ranges: (readonly [number, number])[] = []
  // A closing bracket in first place belongs to the set.
  for (let isFirst = true; isFirst || !scanner.take(']'); isFirst = false) {
    if (scanner.isAtEnd) throw new RegexpError('missing closing ]')
    const named = posixClass(scanner) ?? escapedClass(scanner)
    if (named) ranges.push(...named)
    else ranges.push(readRange(scanner))
  }
  const meant = anyCase ? inBothCases(ranges) : ranges
  return isNegated ? negated(meant) : meant
}

function readRange(scanner: GoScanner): readonly [number, number] {
  const from = readOne(scanner)
  // A dash before the closing bracket belongs to the set.
  if (scanner.takeMatch(/-(?!\])/y) === undefined) return [from, from]
  const to = readOne(scanner)
  if (to < from) throw new RegexpError('invalid character class range')
  return [from, to]
}

function readOne(scanner: GoScanner): number {
  const char = scanner.next()
  return char === '\\' ? readEscapedCode(scanner) : char.codePointAt(0)!
}

function posixClass(scanner: GoScanner): CharRanges | undefined {
  const match = scanner.takeMatch(/\[:(\^?)([a-z]+):\]/y)
  if (!match) return undefined
  const ranges = Object.hasOwn(posixClasses, match[2]!) ? posixClasses[match[2]!] : undefined
  if (!ranges) throw new RegexpError(`invalid character class range: ${match[0]}`)
  return match[1] === '' ? ranges : negated(ranges)
}

function escapedClass(scanner: GoScanner): CharRanges | undefined {
  const match = scanner.takeMatch(/\\([dswDSW])/y)
  return match ? perlRanges(match[1]!) : undefined
}

/**
 * Reads the letter after a backslash: `d`, `s`, `w`, or a capital for the opposite set. If another
 * character stands there, reads nothing and returns undefined.
 */
export function perlClass(scanner: GoScanner): CharRanges | undefined {
  const match = scanner.takeMatch(/[dswDSW]/y)
  return match ? perlRanges(match[0]) : undefined
}

function perlRanges(letter: string): CharRanges {
  const ranges = perlClasses[letter.toLowerCase()]!
  return letter === letter.toLowerCase() ? ranges : negated(ranges)
}

/** Reads the escaped character after a backslash. */
export function readEscapedCode(scanner: GoScanner): number {
  const hexadecimal = scanner.takeMatch(/x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/y)
  if (hexadecimal) {
    const code = Number.parseInt(hexadecimal[1] ?? hexadecimal[2]!, 16)
    if (code > 0x10ffff) throw new RegexpError(`invalid escape sequence: \\${hexadecimal[0]}`)
    return code
  }
  // A single digit other than 0 would be a reference to a group.
  const octal = scanner.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y)
  if (octal) return Number.parseInt(octal[0], 8)
  const char = scanner.next()
  if (Object.hasOwn(controls, char)) return controls[char]!
  if (/[A-Za-z0-9]/.test(char) || char.codePointAt(0)! > 0x7f)
    throw new RegexpError(`invalid escape sequence: \\${char}`)
  return char.codePointAt(0)!
}
