/** Sets of characters, as ranges of code points. */

export type CharRanges = readonly (readonly [from: number, to: number])[]

const lastCodePoint = 0x10ffff

export const digits: CharRanges = [[0x30, 0x39]]
export const wordCharacters: CharRanges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
export const whiteSpace: CharRanges = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]
export const newline: CharRanges = [[0x0a, 0x0a]]
export const anyCharacter: CharRanges = [[0, lastCodePoint]]

export function contains(ranges: CharRanges, code: number): boolean {
  return ranges.some(([from, to]) => from <= code && code <= to)
}

export function negated(ranges: CharRanges): CharRanges {
  const gaps: [number, number][] = []
  let next = 0
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > next) gaps.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= lastCodePoint) gaps.push([next, lastCodePoint])
  return gaps
}

/** A range larger than this is a whole script, which has its letters in both cases anyway. */
const foldedAtMost = 1000

/** Adds the other case of each letter. */
export function inBothCases(ranges: CharRanges): CharRanges {
  const both = [...ranges]
  for (const [from, to] of ranges) {
    if (to - from > foldedAtMost) continue
    for (let code = from; code <= to; code++) {
      const char = String.fromCodePoint(code)
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        const otherCode = other.codePointAt(0)!
        if (otherCode !== code && other.length === String.fromCodePoint(otherCode).length)
          both.push([otherCode, otherCode])
      }
    }
  }
  return both
}
