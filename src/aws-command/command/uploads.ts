/** Files and streams to objects, in parts if they are large. */
import type { Readable } from 'node:stream'
import { eachAtOnce, partBytesFor, partsOf } from './at-once.ts'
import type { Contents } from './content.ts'
import { bytesPassed, memoryIsShort } from './passing-bytes.ts'
import type { Part, Place, S3Client } from './s3-client.ts'

export interface TransferSizes {
  /** From here on an object goes in parts, bytes. */
  readonly threshold: number
  readonly partBytes: number
  /** Requests at once. */
  readonly width: number
}

type Headers = Readonly<Record<string, string>>

/** Parts of a stream are held in memory: so many, each of `partBytes`, while the next one is read. */
const heldParts = () => (memoryIsShort() ? 1 : 3)

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
    const chunks = chunksOf(from, partBytesFor(expectedBytes, this.#sizes.partBytes))
    const first = (await chunks.next()).value ?? Buffer.alloc(0)
    const second = await chunks.next()
    if (second.done) {
      await this.#client.put(to, this.#contents.ofBuffer(first), headers)
      return
    }
    await this.inParts(to, headers, async (uploadId, done) => {
      await eachAtOnce(numbered([first, second.value], chunks), heldParts(), async ([number, chunk]) => {
        done(await this.#client.uploadPart(to, uploadId, number, this.#contents.ofBuffer(chunk)))
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

/** Pieces of exactly `bytes`, but for the last. Each is one buffer, filled as the stream comes. */
async function* chunksOf(from: Readable, bytes: number): AsyncGenerator<Buffer, undefined> {
  let piece: Buffer | undefined
  let size = 0
  for await (let chunk of from as AsyncIterable<Buffer>) {
    bytesPassed(chunk.length)
    while (chunk.length > 0) {
      // Pages that are not written take no memory.
      piece ??= Buffer.allocUnsafeSlow(bytes)
      const taken = chunk.copy(piece, size)
      chunk = chunk.subarray(taken)
      size += taken
      if (size < bytes) continue
      yield piece
      piece = undefined
      size = 0
    }
  }
  if (piece) yield piece.subarray(0, size)
  return undefined
}
