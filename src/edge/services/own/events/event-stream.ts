/**
 * Text that is written to a client as it comes. What waits for a slow client is bounded: then it is
 * replaced by a last text, and the stream ends.
 */
export class EventStream implements AsyncIterable<Uint8Array> {
  readonly #mostBytes: number
  #waiting: Buffer[] = []
  #bytes = 0
  #isOver = false
  #wake: (() => void) | undefined

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Returns false if there is no room for it. Then nothing was added. */
  push(text: string): boolean {
    if (this.#isOver) return true
    const piece = Buffer.from(text)
    if (this.#bytes + piece.length > this.#mostBytes) return false
    this.#add(piece)
    return true
  }

  /** Ends the stream behind what waits; `instead` of it if that is given. */
  end(last = '', instead = false): void {
    if (this.#isOver) return
    if (instead) this.#waiting = []
    if (last !== '') this.#add(Buffer.from(last))
    this.#isOver = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let piece = this.#waiting.shift(); piece; piece = this.#waiting.shift()) {
        yield piece
        // The client took it.
        this.#bytes -= piece.length
      }
      if (this.#isOver) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #add(piece: Buffer): void {
    this.#waiting.push(piece)
    this.#bytes += piece.length
    this.#wake?.()
  }
}
