/**
 * The room that request bodies take from their first byte until they are answered. A sender has
 * proved nothing yet, so the room is limited in sum: when it is full, the body that has been
 * arriving longest gives up its place.
 */
import type { Readable } from 'node:stream'
import { ApiFailure, failure } from './errors.ts'

export interface Lease {
  /** The body was answered, or nobody waits for it any more. */
  release(): void
}

export interface ReceivedBody extends Lease {
  readonly body: Buffer
}

export class BodyRoom {
  readonly #bytes: number
  readonly #bytesPerBody: number
  /** The oldest body comes first. */
  readonly #onTheirWay = new Set<Receiving>()
  #held = 0

  constructor(options: { readonly bytes: number; readonly bytesPerBody: number }) {
    this.#bytes = options.bytes
    this.#bytesPerBody = options.bytesPerBody
  }

  /** Bytes of all bodies that are arriving or not yet answered. */
  get held(): number {
    return this.#held
  }

  /**
   * Resolves with the whole body. Rejects with an `ApiFailure` if the body is too large, gave up
   * its place or was cut short.
   */
  async receive(stream: Readable, statedBytes: number | undefined): Promise<ReceivedBody> {
    if (statedBytes !== undefined && statedBytes > this.#bytesPerBody) throw tooLarge()
    const receiving = new Receiving(stream)
    this.#onTheirWay.add(receiving)
    try {
      await receiving.toEnd((chunk) => this.#take(receiving, chunk))
    } catch (error) {
      this.#held -= receiving.bytes
      throw error
    } finally {
      this.#onTheirWay.delete(receiving)
    }
    return { body: receiving.body(), release: once(() => (this.#held -= receiving.bytes)) }
  }

  #take(receiving: Receiving, chunk: Buffer): void {
    if (receiving.bytes + chunk.length > this.#bytesPerBody) return receiving.giveUp(tooLarge())
    receiving.take(chunk)
    this.#held += chunk.length
    for (const oldest of this.#onTheirWay) {
      if (this.#held <= this.#bytes) return
      if (oldest.bytes > 0) this.#evict(oldest)
    }
  }

  #evict(receiving: Receiving): void {
    this.#onTheirWay.delete(receiving)
    this.#held -= receiving.bytes
    receiving.bytes = 0
    receiving.giveUp(new ApiFailure(failure('RequestTimeoutException', 'The request body came too slowly.')))
  }
}

/** One arriving body. */
class Receiving {
  bytes = 0
  readonly #stream: Readable
  #chunks: Buffer[] = []
  #fail: (error: Error) => void = () => {}

  constructor(stream: Readable) {
    this.#stream = stream
  }

  toEnd(onChunk: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#stream.off('data', onChunk).off('end', ended).off('error', cutShort).off('close', cutShort)
      }
      const ended = () => {
        stop()
        resolve()
      }
      const cutShort = () => this.giveUp(new ApiFailure(failure('ClientException', 'The request body was cut short.')))
      this.#fail = (error) => {
        stop()
        // The rest is read and thrown away, so that the client can read the answer.
        this.#stream.on('error', () => {}).resume()
        this.#chunks = []
        reject(error)
      }
      this.#stream.on('data', onChunk).on('end', ended).on('error', cutShort).on('close', cutShort)
    })
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.bytes += chunk.length
  }

  giveUp(error: Error): void {
    this.#fail(error)
  }

  body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }
}

function tooLarge(): ApiFailure {
  return new ApiFailure(failure('RequestEntityTooLargeException', 'The request body is larger than openbatch takes.'))
}

function once(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}
