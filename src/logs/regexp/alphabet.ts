/**
 * Groups the characters that no set of a program distinguishes into one letter. The next state is
 * then computed once for all of them.
 */
import { contains, newline, wordCharacters } from './char-ranges.ts'
import type { Program } from './program.ts'

const tableSize = 256

export class Alphabet {
  /** The first code point of each letter, ascending. */
  readonly #begins: readonly number[]
  readonly #table = new Uint16Array(tableSize)
  readonly #takes: readonly boolean[][]
  readonly #words: readonly boolean[]
  readonly #newline: number

  constructor({ sets, asserts }: Program) {
    const told = asserts ? [...sets, wordCharacters, newline] : sets
    const begins = new Set([0])
    for (const ranges of told)
      for (const [from, to] of ranges) {
        begins.add(from)
        begins.add(to + 1)
      }
    this.#begins = [...begins].sort((a, b) => a - b)
    for (let code = 0; code < tableSize; code++) this.#table[code] = this.#search(code)
    this.#takes = sets.map((ranges) => this.#begins.map((code) => contains(ranges, code)))
    this.#words = this.#begins.map((code) => contains(wordCharacters, code))
    this.#newline = this.letterOf(0x0a)
  }

  letterOf(code: number): number {
    return code < tableSize ? this.#table[code]! : this.#search(code)
  }

  isTaken(set: number, letter: number): boolean {
    return this.#takes[set]![letter]!
  }

  isWord(letter: number): boolean {
    return this.#words[letter]!
  }

  isNewline(letter: number): boolean {
    return letter === this.#newline
  }

  /** Finds the last letter that begins at or before the code point. */
  #search(code: number): number {
    let [low, high] = [0, this.#begins.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#begins[middle]! <= code) low = middle
      else high = middle - 1
    }
    return low
  }
}
