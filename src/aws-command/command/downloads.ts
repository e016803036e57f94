/** Objects to files and to standard output. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { backoffMs } from '../../ground/backoff.ts'
import { eachAtOnce, partsOf } from './at-once.ts'
import { crc32Text } from './content.ts'
import { Failure, ServiceError } from './failure.ts'
import type { Interruption } from './interruption.ts'
import { bytesPassed } from './passing-bytes.ts'
import type { Place, S3Client } from './s3-client.ts'
import { isWorthAnother } from './service-client.ts'
import type { Settings } from './settings.ts'
import type { TransferSizes } from './uploads.ts'

export interface Source {
  readonly place: Place
  readonly bytes: number
  readonly etag: string
  readonly modifiedAt: Date
}

type Take = (chunk: Buffer) => Promise<void>

export class Downloads {
  readonly #client: S3Client
  readonly #sizes: TransferSizes
  readonly #attempts: number
  readonly #checks: boolean
  readonly #interruption: Interruption

  constructor(client: S3Client, sizes: TransferSizes, settings: Settings, interruption: Interruption) {
    this.#client = client
    this.#interruption = interruption
    this.#sizes = sizes
    this.#attempts = settings.attempts
    this.#checks = settings.checksChecksums
  }

  /** Beside the file until it is whole. A special file, such as a pipe, is written as it comes. */
  async toFile(source: Source, path: string): Promise<void> {
    const special = await stat(path).then(
      (found) => !found.isFile() && !found.isDirectory(),
      () => false,
    )
    if (special) return this.#toSpecialFile(source, path)
    await mkdir(dirname(path), { recursive: true })
    const fresh = `${path}.${randomBytes(4).toString('hex')}`
    const file = await open(fresh, 'wx')
    try {
      try {
        await this.#fill(source, file)
      } finally {
        await file.close()
      }
      await utimes(fresh, source.modifiedAt, source.modifiedAt)
      await rename(fresh, path)
    } catch (error) {
      await rm(fresh, { force: true })
      throw error
    }
  }

  /** Resolves when the reader has taken all. A reader that goes away ends the command, as `| head` does. */
  async toStream(source: Source, out: NodeJS.WritableStream): Promise<void> {
    await this.#range(source, 0, source.bytes, async (chunk) => {
      if (!out.write(chunk)) await once(out, 'drain')
    })
  }

  async #toSpecialFile(source: Source, path: string): Promise<void> {
    const file = await open(path, 'w')
    try {
      await this.#range(source, 0, source.bytes, async (chunk) => {
        await file.writeFile(chunk)
      })
    } finally {
      await file.close()
    }
  }

  async #fill(source: Source, file: FileHandle): Promise<void> {
    const writer = (start: number): Take => {
      let at = start
      return async (chunk) => {
        for (let sent = 0; sent < chunk.length; )
          sent += (await file.write(chunk, sent, chunk.length - sent, at + sent)).bytesWritten
        at += chunk.length
      }
    }
    if (source.bytes < this.#sizes.threshold) return this.#range(source, 0, source.bytes, writer(0))
    const parts = partsOf(source.bytes, this.#sizes.partBytes)
    await eachAtOnce(parts, this.#sizes.width, ([, start, end]) => this.#range(source, start, end, writer(start)))
  }

  /** Goes on where a broken connection stopped. */
  async #range(source: Source, start: number, end: number, take: Take): Promise<void> {
    const whole = start === 0 && end === source.bytes
    let at = start
    let sum = 0
    let told: string | string[] | undefined
    let attempt = 1
    do {
      const before = at
      try {
        const answer = await this.#ask(source, at, end, whole)
        // The answer to a range, which is what goes on, tells none of the whole.
        if (at === start) told = answer.headers['x-amz-checksum-crc32']
        for await (const chunk of answer as AsyncIterable<Buffer>) {
          if (at + chunk.length > end) throw new Failure('the service sent more than the object holds')
          await take(chunk)
          at += chunk.length
          bytesPassed(chunk.length)
          if (whole && this.#checks) sum = crc32(chunk, sum)
        }
        if (at < end) throw new Broken('the answer ended early')
        if (whole && this.#checks) checkSum(told, sum)
        return
      } catch (error) {
        const advanced = at > before
        if (advanced) attempt = 1
        if (!(error instanceof Broken || isReset(error)) || attempt++ >= this.#attempts) throw error
        // Whoever sends is not overloaded.
        if (!advanced) await this.#interruption.pause(Math.random() * backoffMs(attempt - 1, 1000, 20_000))
      }
    } while (at < end)
  }

  async #ask(source: Source, at: number, end: number, whole: boolean): Promise<IncomingMessage> {
    const headers = {
      ...(source.etag !== '' && { 'if-match': source.etag }),
      ...(whole && at === 0
        ? this.#checks
          ? { 'x-amz-checksum-mode': 'ENABLED' }
          : {}
        : { range: `bytes=${at}-${end - 1}` }),
    }
    try {
      return await this.#client.get(source.place, headers)
    } catch (error) {
      if (error instanceof ServiceError && error.status === 412)
        throw new Failure(
          `Contents of stored object "${source.place.key}" in bucket "${source.place.bucket}" did not match expected ETag.`,
        )
      throw error
    }
  }
}

/** An answer whose connection was lost before its end. */
class Broken extends Error {}

function isReset(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return (
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    (isWorthAnother(error) && !(error instanceof ServiceError))
  )
}

/** The checksum of an object of parts is one of their checksums (`…-3`), and says nothing of the whole. */
function checkSum(told: string | string[] | undefined, sum: number): void {
  if (typeof told !== 'string' || told.includes('-')) return
  if (told !== crc32Text(sum))
    throw new Failure(`Expected checksum ${told} did not match calculated checksum: ${crc32Text(sum)}`)
}
