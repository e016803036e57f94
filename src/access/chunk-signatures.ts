/**
 * Checks the signatures of the chunks of a body. Each covers the one before it, and the first covers
 * the signature of the head.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'

export interface ChunkSigning {
  readonly key: KeyObject
  /** `20261122T150000Z`. */
  readonly longDate: string
  /** `20261122/us-west-2/s3/aws4_request`. */
  readonly scope: string
  /** Signature of the head, hexadecimal. */
  readonly seed: string
}

const hashOfNothing = hash('sha256', '', 'hex')

export class ChunkSignatures {
  readonly #signing: ChunkSigning
  #previous: string

  constructor(signing: ChunkSigning) {
    this.#signing = signing
    this.#previous = signing.seed
  }

  /** Whether this is the signature of the next chunk. */
  acceptsChunk(sha256: string, signature: string): boolean {
    return this.#accepts(this.#sign('AWS4-HMAC-SHA256-PAYLOAD', `${hashOfNothing}\n${sha256}`), signature)
  }

  /** Whether this is the signature of the trailers: lines `name:value`, each with its end. */
  acceptsTrailers(lines: string, signature: string): boolean {
    return this.#accepts(this.#sign('AWS4-HMAC-SHA256-TRAILER', hash('sha256', lines, 'hex')), signature)
  }

  #sign(algorithm: string, hashes: string): string {
    const { key, longDate, scope } = this.#signing
    const text = `${algorithm}\n${longDate}\n${scope}\n${this.#previous}\n${hashes}`
    return createHmac('sha256', key).update(text).digest('hex')
  }

  #accepts(expected: string, given: string): boolean {
    this.#previous = expected
    const [left, right] = [Buffer.from(given), Buffer.from(expected)]
    return left.length === right.length && timingSafeEqual(left, right)
  }
}
