/**
 * The memory through which contents pass. Its pieces are used again and again: to allocate one
 * costs more than to fill it. Threads share them.
 */

const pieceBytes = 256 * 1024
/** Pieces that are kept while nobody uses them. */
const mostKept = 64
/** So many are lent at full size. Clients that are slow hold theirs for long. */
const mostLarge = 256
/** What others get. */
const smallBytes = 64 * 1024

class Pieces {
  readonly #kept: Buffer[] = []
  #lent = 0

  /** Whether one may be taken that is not needed at once. */
  get isAmple(): boolean {
    return this.#lent < mostKept
  }

  /** Give it back when nobody reads or writes it any more. */
  take(): Buffer {
    this.#lent++
    if (this.#lent > mostLarge) return Buffer.from(new SharedArrayBuffer(smallBytes))
    return this.#kept.pop() ?? Buffer.from(new SharedArrayBuffer(pieceBytes))
  }

  give(piece: Buffer): void {
    this.#lent--
    if (piece.length === pieceBytes && this.#kept.length < mostKept) this.#kept.push(piece)
  }
}

/** Of the process. */
export const pieces = new Pieces()
