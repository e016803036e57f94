/**
 * Decodes a body in the form `aws-chunked`: chunks with their sizes and, in one form, their
 * signatures; then trailers. Takes the bytes in any pieces and holds none of the data.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash, type Hash } from 'node:crypto'
import type { ChunkSignatures } from './chunk-signatures.ts'

export interface ChunkedFault {
  readonly kind: 'chunkedFault'
  /** `trailers`: the data were well formed. */
  readonly cause: 'cut short' | 'malformed' | 'signature' | 'trailers'
  readonly message: string
}

export interface ChunkedForm {
  /** Absent: chunks are not signed. */
  readonly signatures?: ChunkSignatures | undefined
  readonly trailers: boolean
}

/** Bytes of a line with a size or a trailer, and of all trailers. */
const lineBytesMax = 1024
const trailerBytesMax = 16 * 1024
const chunkBytesMax = 2 ** 40

const trailerSignature = 'x-amz-trailer-signature'
const lineFeed = 10

type Place = 'size' | 'data' | 'end of data' | 'trailers' | 'end'

export class AwsChunkedDecoder {
  readonly #form: ChunkedForm
  readonly #trailers = new Map<string, string>()
  #place: Place = 'size'
  #line = ''
  /** Bytes of the chunk that are still to come. */
  #left = 0
  #chunkSignature = ''
  #chunkHash: Hash | undefined
  /** The trailers as they are signed. */
  #trailerLines = ''
  #trailersProved = false

  constructor(form: ChunkedForm) {
    this.#form = form
  }

  /** By name, in lower case. Complete when `end` has found nothing wrong. */
  get trailers(): ReadonlyMap<string, string> {
    return this.#trailers
  }

  /** Returns the data in these bytes, as views of them, or what is wrong. After a fault the decoder is of no use. */
  push(bytes: Uint8Array): readonly Uint8Array[] | ChunkedFault {
    const data: Uint8Array[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#place === 'data') {
        const piece = bytes.subarray(at, at + this.#left)
        at += piece.length
        this.#left -= piece.length
        this.#chunkHash?.update(piece)
        data.push(piece)
        if (this.#left === 0) this.#place = 'end of data'
        continue
      }
      const feed = bytes.indexOf(lineFeed, at)
      const end = feed < 0 ? bytes.length : feed
      if (this.#line.length + end - at > lineBytesMax) return malformed('a line of the body is too long')
      this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1')
      at = end + 1
      if (feed < 0) break
      const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
      this.#line = ''
      const wrong = this.#takeLine(line)
      if (wrong) return wrong
    }
    return data
  }

  /** Returns what is missing; undefined if the body is whole. */
  end(): ChunkedFault | undefined {
    if (this.#place === 'end') return undefined
    // Some clients leave out the empty line behind the last chunk.
    if (this.#place === 'trailers' && !this.#form.trailers && this.#line === '') return undefined
    return { kind: 'chunkedFault', cause: 'cut short', message: 'the body ends within a chunk or its trailers' }
  }

  #takeLine(line: string): ChunkedFault | undefined {
    switch (this.#place) {
      case 'size':
        return this.#beginChunk(line)
      case 'end of data':
        if (line !== '') return malformed('a chunk is longer than its size says')
        this.#place = 'size'
        return this.#checkChunk()
      case 'trailers':
        return this.#takeTrailer(line)
      default:
        return malformed('the body goes on behind its end')
    }
  }

  #beginChunk(line: string): ChunkedFault | undefined {
    const [, size, signature] = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? []
    const signed = this.#form.signatures !== undefined
    if (size === undefined) return malformed('a chunk does not begin with its size')
    if (signed && signature === undefined) return malformed('a chunk has no signature')
    this.#left = Number.parseInt(size, 16)
    if (this.#left > chunkBytesMax) return malformed('a chunk is too large')
    this.#chunkSignature = signature ?? ''
    if (signed) this.#chunkHash = createHash('sha256')
    if (this.#left > 0) {
      this.#place = 'data'
      return undefined
    }
    this.#place = 'trailers'
    return this.#checkChunk()
  }

  #checkChunk(): ChunkedFault | undefined {
    const { signatures } = this.#form
    if (!signatures || signatures.acceptsChunk(this.#chunkHash!.digest('hex'), this.#chunkSignature)) return undefined
    return { kind: 'chunkedFault', cause: 'signature', message: 'the signature of a chunk is not right' }
  }

  #takeTrailer(line: string): ChunkedFault | undefined {
    const { signatures, trailers } = this.#form
    if (line === '') {
      // Some clients write an empty line before the signature of the trailers.
      if (trailers && signatures && !this.#trailersProved) return undefined
      this.#place = 'end'
      return undefined
    }
    const colon = line.indexOf(':')
    if (!trailers || colon < 1) return wrongTrailers('the body has trailers that are not well formed')
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    if (name === trailerSignature && signatures) {
      this.#trailersProved = signatures.acceptsTrailers(this.#trailerLines, value)
      if (this.#trailersProved) return undefined
      return { kind: 'chunkedFault', cause: 'signature', message: 'the signature of the trailers is not right' }
    }
    this.#trailerLines += `${name}:${value}\n`
    if (this.#trailers.has(name) || this.#trailersProved) return wrongTrailers('a trailer comes twice or too late')
    if (this.#trailerLines.length > trailerBytesMax) return wrongTrailers('the body has too many trailers')
    this.#trailers.set(name, value)
    return undefined
  }
}

function malformed(message: string): ChunkedFault {
  return { kind: 'chunkedFault', cause: 'malformed', message }
}

function wrongTrailers(message: string): ChunkedFault {
  return { kind: 'chunkedFault', cause: 'trailers', message }
}
