/** Reads a regular expression from left to right. */
import { RegexpError } from './regexp-node.ts'

export class GoScanner {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length
  }

  /** The next character, which is not consumed; empty at the end. */
  get peek(): string {
    const code = this.#source.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  next(): string {
    if (this.isAtEnd) throw new RegexpError('trailing backslash at end of expression, or a bracket that does not close')
    const char = this.peek
    this.#at += char.length
    return char
  }

  /** Whether this text stands next. If so, it is consumed. */
  take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  /** `pattern` is sticky. Consumes what it matched. */
  takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source)
    if (!match) return undefined
    this.#at += match[0].length
    return match
  }

  /** Returns the text before `end` and consumes both. Without `end`, returns all that is left. */
  takeUntil(end: string): string {
    const found = this.#source.indexOf(end, this.#at)
    const text = this.#source.slice(this.#at, found === -1 ? undefined : found)
    this.#at = found === -1 ? this.#source.length : found + end.length
    return text
  }
}
