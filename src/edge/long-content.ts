/**
 * Contents that are too long for memory, as answers. They are written piece by piece, each when the
 * client has taken the one before, so a slow client holds one or two pieces.
 */
import type { ServerResponse } from 'node:http'

export class LongContent {
  readonly #pieces: AsyncIterable<Uint8Array>
  readonly #close: () => Promise<void>

  /** A piece may change once the next one is asked for. `close` is called in any case. */
  constructor(pieces: AsyncIterable<Uint8Array>, close: () => Promise<void>) {
    this.#pieces = pieces
    this.#close = close
  }

  /** Writes all behind the head, which is written. Rejects if the content cannot be read. */
  async writeTo(response: ServerResponse): Promise<void> {
    const writing = new Writing(response)
    try {
      for await (const piece of this.#pieces) if (!(await writing.write(piece))) return
      response.end()
    } finally {
      await this.#close()
    }
  }

  /** Call it if the content is not written. */
  close(): Promise<void> {
    return this.#close()
  }
}

class Writing {
  readonly #response: ServerResponse
  #done: (isWritten: boolean) => void = () => {}

  constructor(response: ServerResponse) {
    this.#response = response
    response.once('close', () => this.#done(false))
  }

  /** Whether the client took the piece. It may have gone away. */
  write(piece: Uint8Array): Promise<boolean> {
    if (this.#response.destroyed) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#done = resolve
      this.#response.write(piece, (error) => resolve(!error))
    })
  }
}
