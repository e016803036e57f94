/**
 * The body of a request as a stream, for operations that store it. The head is proved and the call
 * authorised before it is read. What the head states (length, hash, signatures of chunks) is
 * compared on the way; the stream throws at the end if it does not agree.
 */
import { createHash, type Hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { AwsChunkedDecoder, type ChunkedFault } from '../access/aws-chunked.ts'
import { ChunkSignatures, type ChunkSigning } from '../access/chunk-signatures.ts'
import { readStatedPayload, type StatedPayload } from '../access/stated-payload.ts'
import { askForBody } from '../ground/expected-continue.ts'
import type { ArrivalTime } from './arrival-time.ts'
import type { BodyRoom } from './body-room.ts'
import { s3Failure } from './errors.ts'
import { freePiece } from './free-piece.ts'
import type { Traffic } from './traffic.ts'

export interface BodyStreamOptions {
  readonly arrival: ArrivalTime
  /** For bodies that are read whole. */
  readonly room: BodyRoom
  readonly signing: ChunkSigning | undefined
  readonly traffic?: Pick<Traffic, 'received'> | undefined
}

const none: ReadonlyMap<string, string> = new Map()

export class BodyStream {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: BodyStreamOptions
  readonly #payload: StatedPayload
  #decoder: AwsChunkedDecoder | undefined
  /** Bytes of the content, without the framing of chunks; undefined if the client does not say. */
  readonly size: number | undefined

  /** Throws for a head that contradicts itself. */
  constructor(request: IncomingMessage, response: ServerResponse, options: BodyStreamOptions) {
    this.#request = request
    this.#response = response
    this.#options = options
    const { headers } = request
    const payload = readStatedPayload(headers['x-amz-content-sha256'] as string | undefined)
    if (!payload) throw s3Failure('InvalidArgument', 400, notAPayload)
    this.#payload = payload
    this.size = sizeOf(payload, headers)
  }

  /** The trailers, in lower case. Complete when the body was read to its end. */
  get trailers(): ReadonlyMap<string, string> {
    return this.#decoder?.trailers ?? none
  }

  /** Whether trailers may come. */
  get hasTrailers(): boolean {
    return this.#payload.kind === 'chunks' && this.#payload.trailers
  }

  /**
   * Call it once, it or `kept`. Asks the client for the body if it waits for that. A piece is empty
   * once the next one is asked for.
   */
  read(): AsyncGenerator<Uint8Array> {
    return this.#content(this.#passing())
  }

  /** The same in pieces that stay. */
  kept(): AsyncGenerator<Uint8Array> {
    return this.#content(this.#raw())
  }

  async *#content(raw: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
    const payload = this.#payload
    const digest = payload.kind === 'whole' ? createHash('sha256') : undefined
    const pieces = payload.kind === 'chunks' ? this.#decoded(raw, payload) : raw
    let bytes = 0
    for await (const piece of pieces) {
      bytes += piece.length
      this.#options.traffic?.received(piece.length)
      if (this.size !== undefined && bytes > this.size) throw wrongLength()
      digest?.update(piece)
      yield piece
    }
    if (this.size !== undefined && bytes < this.size) throw wrongLength()
    if (digest && payload.kind === 'whole') compare(digest, payload.sha256)
  }

  /** For documents. Throws if the body is larger than a document may be. */
  async whole(): Promise<Buffer> {
    const received = await this.#options.room.receive(Readable.from(this.kept(), { objectMode: false }), this.size)
    this.#response.once('close', () => received.release())
    if (this.#response.closed) received.release()
    return received.body
  }

  async *#decoded(
    raw: AsyncGenerator<Buffer>,
    { signed, trailers }: Extract<StatedPayload, { kind: 'chunks' }>,
  ): AsyncGenerator<Uint8Array> {
    const { signing } = this.#options
    if (signed && !signing) throw new Error('a body with signed chunks, of a request without a signature')
    const decoder = new AwsChunkedDecoder({ trailers, signatures: signed ? new ChunkSignatures(signing!) : undefined })
    this.#decoder = decoder
    for await (const piece of raw) {
      const data = decoder.push(piece)
      if ('kind' in data) throw failureOfChunks(data)
      yield* data
    }
    const missing = decoder.end()
    if (missing) throw failureOfChunks(missing)
    const announced = (this.#request.headers['x-amz-trailer'] as string | undefined)?.split(',') ?? []
    if (announced.some((name) => !decoder.trailers.has(name.trim().toLowerCase())))
      throw failureOfChunks({
        kind: 'chunkedFault',
        cause: 'trailers',
        message: 'a trailer that was announced is missing',
      })
  }

  async *#passing(): AsyncGenerator<Buffer> {
    for await (const piece of this.#raw()) {
      yield piece
      freePiece(piece)
    }
  }

  async *#raw(): AsyncGenerator<Buffer> {
    askForBody(this.#request)
    try {
      yield* this.#options.arrival.byProgress(this.#request, this.#response)
    } catch (error) {
      // The reader may throw into a generator only by `throw`, which nobody calls.
      throw this.#request.complete ? error : cutShort()
    }
  }
}

const notAPayload =
  'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.'

function sizeOf(payload: StatedPayload, headers: IncomingMessage['headers']): number | undefined {
  const decoded = headers['x-amz-decoded-content-length'] as string | undefined
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  if (payload.kind === 'chunks') {
    if (decoded === undefined || !/^[0-9]{1,15}$/.test(decoded)) throw lengthMissing()
    return Number(decoded)
  }
  // Without either header there is no body (RFC 9112 §6.3).
  if (length === undefined) return encoding === undefined ? 0 : undefined
  return Number(length)
}

function compare(digest: Hash, stated: string): void {
  const computed = digest.digest('hex')
  if (computed === stated) return
  const text = "The provided 'x-amz-content-sha256' header does not match what was computed."
  const details = { ClientComputedContentSHA256: stated, S3ComputedContentSHA256: computed }
  throw s3Failure('XAmzContentSHA256Mismatch', 400, text, details)
}

function failureOfChunks({ cause, message }: ChunkedFault): Error {
  const text = `The body cannot be read: ${message}.`
  switch (cause) {
    case 'signature':
      return s3Failure('SignatureDoesNotMatch', 403, text)
    case 'trailers':
      return s3Failure('MalformedTrailerError', 400, text)
    case 'cut short':
      return cutShort()
    case 'malformed':
      return s3Failure('InvalidRequest', 400, text)
  }
}

function wrongLength(): Error {
  const text = 'You did not provide the number of bytes specified by the Content-Length HTTP header.'
  return s3Failure('IncompleteBody', 400, text)
}

function cutShort(): Error {
  return s3Failure('IncompleteBody', 400, 'The request body terminated unexpectedly.')
}

export function lengthMissing(): Error {
  return s3Failure('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.')
}
