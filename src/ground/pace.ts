/** Splits long work into pieces, between which other work of the thread has its turn. */

/** Resolves when all other work that waits for the thread has had its turn. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export interface Pace {
  /**
   * Call this between two pieces. Returns a promise to wait for when other work is due. Throws the
   * signal's reason once the work is no longer wanted.
   */
  breathe(): Promise<void> | undefined
}

/** Pieces give way once they have together taken this long. */
const pieceMs = 5

export class SteadyPace implements Pace {
  readonly #signal: AbortSignal | undefined
  #sinceMs = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  breathe(): Promise<void> | undefined {
    if (performance.now() - this.#sinceMs < pieceMs) return undefined
    this.#signal?.throwIfAborted()
    return this.#rest()
  }

  async #rest(): Promise<void> {
    await giveWay()
    this.#signal?.throwIfAborted()
    this.#sinceMs = performance.now()
  }
}

/** Does `each` of the items, giving way between them. */
export async function inPieces<T>(items: Iterable<T>, pace: Pace, each: (item: T) => void): Promise<void> {
  for (const item of items) {
    each(item)
    await pace.breathe()
  }
}
