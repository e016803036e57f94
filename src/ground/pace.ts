/** Long work in pieces: between two of them whoever else waits for the thread has their turn. */

/** Resolves when everybody else who waits for the thread has had their turn. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export interface Pace {
  /** To be called between pieces; a promise to wait for when it is others' turn. Throws the signal's reason once nobody waits for the work. */
  breathe(): Promise<void> | undefined
}

/** Pieces that together take longer than this give way. */
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
