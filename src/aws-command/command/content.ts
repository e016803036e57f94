/** Reads what is to be sent once for its digests, so that it can then be streamed, and sent again. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Failure } from './failure.ts'
import type { Content, S3Client } from './s3-client.ts'
import type { Settings } from './settings.ts'

const readBytes = 128 * 1024

export class Digests {
  readonly #sha256 = createHash('sha256')
  #crc32 = 0

  update(chunk: Buffer): void {
    this.#sha256.update(chunk)
    this.#crc32 = crc32(chunk, this.#crc32)
  }

  sha256(): string {
    return this.#sha256.digest('hex')
  }

  crc32(): string {
    return crc32Text(this.#crc32)
  }
}

/** As S3's headers have it: four bytes, the highest first, in base64. */
function crc32Text(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString('base64')
}

export class Contents {
  readonly #signs: boolean
  readonly #checks: boolean

  constructor(client: S3Client, settings: Settings) {
    this.#signs = client.signsContent
    this.#checks = settings.sendsChecksums
  }

  ofBuffer(buffer: Buffer): Content {
    const digests = new Digests()
    digests.update(buffer)
    return this.#with(buffer, buffer.length, digests)
  }

  /** Bytes `start` (included) to `end` (excluded) of a file. */
  async ofFile(path: string, start: number, end: number): Promise<Content> {
    if (start === end) return this.ofBuffer(Buffer.alloc(0))
    const digests = new Digests()
    if (this.#signs || this.#checks) await digestRange(path, start, end, digests)
    const stream = () => createReadStream(path, { start, end: end - 1 })
    return this.#with(stream, end - start, digests)
  }

  #with(body: Content['body'], bytes: number, digests: Digests): Content {
    return {
      body,
      bytes,
      sha256: this.#signs ? digests.sha256() : 'UNSIGNED-PAYLOAD',
      crc32: this.#checks ? digests.crc32() : undefined,
    }
  }
}

/** Into one buffer again and again: a stream would leave many for the collector. */
async function digestRange(path: string, start: number, end: number, digests: Digests): Promise<void> {
  const file = await open(path)
  try {
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    for (let at = start; at < end; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, end - at), at)
      if (bytesRead === 0) throw new Failure(`${path} became shorter while it was read`)
      digests.update(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}
