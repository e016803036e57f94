/** Walks over the text of a pattern, a token at a time. */
import { PatternError } from './pattern-error.ts'

export class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /**
   * Takes what `pattern` (sticky) finds here, after white space. If it finds nothing, takes nothing
   * and returns undefined.
   */
  take(pattern: RegExp): RegExpExecArray | undefined {
    this.#skipSpace()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return undefined
    this.#at = pattern.lastIndex
    return found
  }

  takeText(text: string): boolean {
    this.#skipSpace()
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  expect(text: string): void {
    if (!this.takeText(text)) throw new PatternError(`${text} is missing`)
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#at < this.#text.length) throw new PatternError('something after the end')
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}
