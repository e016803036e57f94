/**
 * Finds whether a text has a match anywhere, by following all possibilities at once, one character
 * at a time. The time is bounded by the text's length times the expression's, which a backtracking
 * engine cannot promise. Each set of possibilities is remembered with its successor for each
 * letter, so most characters cost one look-up.
 */
import { Alphabet } from './alphabet.ts'
import { type Instruction, type Program, programOf } from './program.ts'
import type { Assertion, RegexpNode } from './regexp-node.ts'

export interface AutomatonLimits {
  /** Limits the program's size. Repeats are written out. */
  readonly instructionsMax: number
  /** Sets that are remembered. When there are more, the memory starts afresh. */
  readonly statesMax: number
}

/** What stands before the next character. */
type Before = 'nothing' | 'newline' | 'word' | 'other'

interface State {
  /**
   * The places that matches begun earlier have reached. Matches that begin here are not included.
   */
  readonly places: readonly number[]
  readonly before: Before
  /** By letter; `true` means that a match is found. */
  readonly next: (State | true | undefined)[]
  matchesAtEnd: boolean | undefined
}

export class Automaton {
  readonly #instructions: readonly Instruction[]
  readonly #program: Program
  readonly #alphabet: Alphabet
  readonly #statesMax: number
  readonly #known = new Map<string, State>()

  /** Throws `RegexpError` for an expression that is too large. */
  constructor(node: RegexpNode, { instructionsMax, statesMax }: AutomatonLimits) {
    this.#program = programOf(node, instructionsMax)
    this.#instructions = this.#program.instructions
    this.#alphabet = new Alphabet(this.#program)
    this.#statesMax = statesMax
  }

  /** `end` stops the search after so many UTF-16 units, as if the text ended there. */
  test(text: string, end = text.length): boolean {
    let state = this.#stateOf([], 'nothing')
    for (let at = 0; at < end; at++) {
      let code = text.charCodeAt(at)
      if (code >= 0xd800 && code <= 0xdbff && at + 1 < end) {
        code = text.codePointAt(at)!
        if (code > 0xffff) at++
      }
      const letter = this.#alphabet.letterOf(code)
      let next = state.next[letter]
      if (next === undefined) {
        next = this.#follow(state, letter)
        state.next[letter] = next
      }
      if (next === true) return true
      state = next
    }
    state.matchesAtEnd ??= this.#reach(state, undefined).matches
    return state.matchesAtEnd
  }

  #stateOf(places: readonly number[], before: Before): State {
    const key = `${before} ${places.join()}`
    const found = this.#known.get(key)
    if (found) return found
    if (this.#known.size >= this.#statesMax) this.#known.clear()
    const state: State = { places, before, next: [], matchesAtEnd: undefined }
    this.#known.set(key, state)
    return state
  }

  #follow(state: State, letter: number): State | true {
    const { matches, takers } = this.#reach(state, letter)
    if (matches) return true
    const places = new Set<number>()
    for (const { set, next } of takers) if (this.#alphabet.isTaken(set, letter)) places.add(next)
    return this.#stateOf(
      [...places].sort((a, b) => a - b),
      this.#beforeOf(letter),
    )
  }

  /**
   * Returns what can be reached without consuming a character when this letter is next. Undefined
   * stands for the end of the text.
   */
  #reach({ places, before }: State, letter: number | undefined) {
    const takers: Extract<Instruction, { op: 'take' }>[] = []
    const seen = new Set<number>()
    const open = [this.#program.start, ...places]
    let matches = false
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const instruction = this.#instructions[at]!
      switch (instruction.op) {
        case 'match':
          matches = true
          break
        case 'take':
          takers.push(instruction)
          break
        case 'split':
          open.push(...instruction.to)
          break
        case 'assert':
          if (this.#holds(instruction.what, before, letter)) open.push(instruction.next)
      }
    }
    return { matches, takers }
  }

  #holds(what: Assertion, before: Before, letter: number | undefined): boolean {
    const isWord = letter !== undefined && this.#alphabet.isWord(letter)
    switch (what) {
      case 'textStart':
        return before === 'nothing'
      case 'textEnd':
        return letter === undefined
      case 'lineStart':
        return before === 'nothing' || before === 'newline'
      case 'lineEnd':
        return letter === undefined || this.#alphabet.isNewline(letter)
      case 'wordBoundary':
        return isWord !== (before === 'word')
      case 'noWordBoundary':
        return isWord === (before === 'word')
    }
  }

  /** Distinguishes the cases only where the program depends on them. */
  #beforeOf(letter: number): Before {
    if (!this.#program.asserts) return 'other'
    if (this.#alphabet.isNewline(letter)) return 'newline'
    return this.#alphabet.isWord(letter) ? 'word' : 'other'
  }
}
