/** Objects to files and to standard output. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, lstat, mkdir, open, rename, rm, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { eachAtOnce, partsOf } from './at-once.ts'
import type { Interruption } from './interruption.ts'
import { askForChecksum, checkSums, checksumOf, RunningSum } from './object-checksum.ts'
import { type ReadTools, readRange, readWhole, type Source, type Take } from './ranged-read.ts'
import type { S3Client } from './s3-client.ts'
import type { Settings } from './settings.ts'
import type { TransferSizes } from './uploads.ts'

export class Downloads {
  readonly #tools: ReadTools
  readonly #sizes: TransferSizes

  constructor(client: S3Client, sizes: TransferSizes, settings: Settings, interruption: Interruption) {
    this.#tools = { client, interruption, attempts: settings.attempts, checks: settings.checksChecksums }
    this.#sizes = sizes
  }

  /** Beside the file until it is whole. A special file, such as a pipe, is written as it comes. */
  async toFile(source: Source, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
    const into = (file: FileHandle) => this.#fill(source, file)
    const time = { modifiedAt: source.modifiedAt }
    await wholeFile(path, { into, along: (take) => readWhole(this.#tools, source, take), ...time })
  }

  /** Resolves when the reader has taken all. A reader that goes away ends the command, as `| head` does. */
  async toStream(source: Source, out: NodeJS.WritableStream): Promise<void> {
    const { signal } = this.#tools.interruption
    await readWhole(this.#tools, source, async (chunk) => {
      if (!out.write(chunk)) await once(out, 'drain', { signal })
    })
  }

  async #fill(source: Source, file: FileHandle): Promise<void> {
    if (source.bytes < this.#sizes.threshold) return readWhole(this.#tools, source, writerAt(file, 0))
    const told = await this.#checksum(source)
    const sums: RunningSum[] = []
    const parts = partsOf(source.bytes, this.#sizes.partBytes)
    await eachAtOnce(parts, this.#sizes.width, async ([number, start, end]) => {
      const write = writerAt(file, start)
      const sum = told && new RunningSum(told.kind)
      if (sum) sums[number - 1] = sum
      await readRange(this.#tools, source, { start, end }, async (chunk) => {
        sum?.update(chunk)
        await write(chunk)
      })
    })
    if (told) checkSums(told, sums)
  }

  /** Answers to ranges say no checksum of the whole. */
  async #checksum({ place, etag }: Source) {
    if (!this.#tools.checks) return undefined
    const headers = await this.#tools.client.head(place, {
      ...askForChecksum,
      ...(etag !== '' && { 'if-match': etag }),
    })
    return checksumOf(headers)
  }
}

function writerAt(file: FileHandle, start: number): Take {
  let at = start
  return async (chunk) => {
    for (let sent = 0; sent < chunk.length; )
      sent += (await file.write(chunk, sent, chunk.length - sent, at + sent)).bytesWritten
    at += chunk.length
  }
}

interface Filling {
  readonly into: (file: FileHandle) => Promise<void>
  /** For a special file, which cannot be written at a place of one's choice. */
  readonly along: (take: Take) => Promise<void>
  readonly mode?: number
  readonly modifiedAt?: Date
}

/**
 * The file has its name once it is whole, and is as it was if that fails. A link stays, and what it
 * leads to is written as it comes: `/dev/stdout` may lead to a file.
 */
export async function wholeFile(path: string, { into, along, mode, modifiedAt }: Filling): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found && !found.isFile() && !found.isDirectory()) {
    const file = await open(path, 'w', mode)
    return along((chunk) => file.writeFile(chunk)).finally(() => file.close())
  }
  const fresh = besideName(path)
  const file = await open(fresh, 'wx', mode)
  try {
    try {
      await into(file)
    } finally {
      await file.close()
    }
    if (modifiedAt) await utimes(fresh, modifiedAt, modifiedAt)
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

/** File systems take names of 255 bytes. */
const mostNameBytes = 255

function besideName(path: string): string {
  const suffix = `.${randomBytes(4).toString('hex')}`
  let name = basename(path)
  while (Buffer.byteLength(name) + suffix.length > mostNameBytes) name = name.slice(0, -1)
  return join(dirname(path), `${name}${suffix}`)
}
