/** Files and streams to objects, in parts if they are large. */
import type { Readable } from 'node:stream'
import { eachAtOnce, partBytesFor, partsOf } from './at-once.ts'
import type { Contents } from './content.ts'
import { bytesPassed } from './passing-bytes.ts'
import type { Part, Place, S3Client } from './s3-client.ts'

export interface TransferSizes {
  /** From here on an object goes in parts, bytes. */
  readonly threshold: number
  readonly partBytes: number
  /** Requests at once. */
  readonly width: number
}

type Headers = Readonly<Record<string, string>>

/**
 * Parts of a stream are held in memory, so that they can be sent again. More would not fit into a
 * container of 64 MiB.
 */
const heldParts = 2

export class Uploads {
  readonly #client: S3Client
  readonly #contents: Contents
  readonly #sizes: TransferSizes
  readonly #checksums: boolean

  constructor(client: S3Client, contents: Contents, sizes: TransferSizes, checksums: boolean) {
    this.#client = client
    this.#contents = contents
    this.#sizes = sizes
    this.#checksums = checksums
  }

  async file(path: string, bytes: number, to: Place, headers: Headers): Promise<void> {
    if (bytes < this.#sizes.threshold) {
      await this.#client.put(to, await this.#contents.ofFile(path, 0, bytes), headers)
      return
    }
    await this.inParts(to, headers, async (uploadId, done) => {
      const parts = partsOf(bytes, partBytesFor(bytes, this.#sizes.partBytes))
      await eachAtOnce(parts, this.#sizes.width, async ([number, start, end]) => {
        done(await this.#client.uploadPart(to, uploadId, number, await this.#contents.ofFile(path, start, end)))
      })
    })
  }

  /** `expectedBytes` makes parts large enough for a stream of more than 80 GB. */
  async stream(from: Readable, expectedBytes: number, to: Place, headers: Headers): Promise<void> {
    const pieces = new Pieces(partBytesFor(expectedBytes, this.#sizes.partBytes))
    const rest = pieces.of(from)
    const first = (await rest.next()).value ?? Buffer.alloc(0)
    const second = await rest.next()
    if (second.done) {
      await this.#client.put(to, this.#contents.ofBuffer(first), headers)
      return
    }
    await this.inParts(to, headers, async (uploadId, done) => {
      await eachAtOnce(numbered([first, second.value], rest), heldParts, async ([number, piece]) => {
        done(await this.#client.uploadPart(to, uploadId, number, this.#contents.ofBuffer(piece)))
        pieces.giveBack(piece)
      })
    })
  }

  /** Nothing stays of an upload that fails. */
  async inParts(
    to: Place,
    headers: Headers,
    send: (uploadId: string, done: (part: Part) => void) => Promise<void>,
    checksums = this.#checksums,
  ): Promise<void> {
    const algorithm: Headers = checksums ? { 'x-amz-checksum-algorithm': 'CRC32' } : {}
    const uploadId = await this.#client.createUpload(to, { ...headers, ...algorithm })
    const parts: Part[] = []
    try {
      await send(uploadId, (part) => parts.push(part))
      parts.sort((one, other) => one.number - other.number)
      await this.#client.completeUpload(to, uploadId, parts)
    } catch (error) {
      await this.#client.abortUpload(to, uploadId).catch(() => {})
      throw error
    }
  }
}

async function* numbered(first: readonly Buffer[], rest: AsyncIterable<Buffer>) {
  let number = 1
  for (const chunk of first) yield [number++, chunk] as const
  for await (const chunk of rest) yield [number++, chunk] as const
}

/**
 * Cuts a stream into pieces of exactly `bytes`, but for the last. The buffers are used again and
 * again: what is left to the collector stays for long.
 */
class Pieces {
  readonly #bytes: number
  readonly #free: Buffer[] = []

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** A piece is the taker's until it gives it back. */
  async *of(from: Readable): AsyncGenerator<Buffer, undefined> {
    let piece: Buffer | undefined
    let size = 0
    for await (let chunk of from as AsyncIterable<Buffer>) {
      bytesPassed(chunk.length)
      while (chunk.length > 0) {
        // Pages that are not written take no memory.
        piece ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
        const taken = chunk.copy(piece, size)
        chunk = chunk.subarray(taken)
        size += taken
        if (size < this.#bytes) continue
        yield piece
        piece = undefined
        size = 0
      }
    }
    if (piece) yield piece.subarray(0, size)
    return undefined
  }

  giveBack(piece: Buffer): void {
    if (piece.length === this.#bytes) this.#free.push(piece)
  }
}
