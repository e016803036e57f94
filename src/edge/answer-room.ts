/**
 * The room that large answers take until their clients have read them. When it is full, the oldest
 * answer that is not read yet is cut off, so that a client that does not read takes nothing from others.
 */
import type { ServerResponse } from 'node:http'

/** Smaller answers fit into the buffers of a socket. */
const largeFromBytes = 64 * 1024

export class AnswerRoom {
  readonly #bytes: number
  /** The oldest answer comes first. */
  readonly #onTheirWay = new Map<ServerResponse, number>()
  #held = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  get held(): number {
    return this.#held
  }

  /** Called before the answer is written. */
  hold(response: ServerResponse, bytes: number): void {
    if (bytes < largeFromBytes || this.#onTheirWay.has(response)) return
    this.#onTheirWay.set(response, bytes)
    this.#held += bytes
    response.once('close', () => this.#release(response))
    while (this.#held > this.#bytes) {
      const [oldest] = this.#onTheirWay.keys()
      if (oldest === undefined || oldest === response) return
      this.#release(oldest)
      oldest.destroy()
    }
  }

  #release(response: ServerResponse): void {
    this.#held -= this.#onTheirWay.get(response) ?? 0
    this.#onTheirWay.delete(response)
  }
}
