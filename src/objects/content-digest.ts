/** The digests of a content, computed as it passes by, and what a client expects of them. */
import { createHash } from 'node:crypto'
import { crc32 as nodeCrc32 } from 'node:zlib'
import { Crc, crc32c, crc64nvme } from '../ground/crc.ts'
import type { Checksum, ChecksumKind } from './checksum.ts'
import { type ObjectRefusal, objectRefusal } from './object-refusal.ts'
import type { ExpectedDigests } from './object-store.ts'

export interface ContentDigests {
  readonly size: number
  /** Hexadecimal. */
  readonly md5: string
  readonly checksum?: Checksum
}

interface Digest {
  update(bytes: Uint8Array): void
  digest(): Buffer
}

export class ContentDigest {
  readonly #md5 = createHash('md5')
  readonly #kind: ChecksumKind | undefined
  readonly #checksum: Digest | undefined
  #size = 0

  constructor(kind?: ChecksumKind) {
    this.#kind = kind
    this.#checksum = kind && digestOf(kind)
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.length
    this.#md5.update(bytes)
    this.#checksum?.update(bytes)
  }

  end(): ContentDigests {
    const checksum = this.#checksum?.digest().toString('base64')
    return {
      size: this.#size,
      md5: this.#md5.digest('hex'),
      ...(checksum && { checksum: { kind: this.#kind!, value: checksum, type: 'FULL_OBJECT' } }),
    }
  }
}

export function digestOf(kind: ChecksumKind): Digest {
  switch (kind) {
    case 'CRC32':
      return new NodeCrc32()
    case 'CRC32C':
      return new Crc(crc32c)
    case 'CRC64NVME':
      return new Crc(crc64nvme)
    case 'SHA1':
      return createHash('sha1')
    case 'SHA256':
      return createHash('sha256')
  }
}

class NodeCrc32 implements Digest {
  #value = 0

  update(bytes: Uint8Array): void {
    this.#value = nodeCrc32(bytes, this.#value)
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(this.#value)
    return bytes
  }
}

/** Why a content is not the one that was announced. */
export function refusalOfContent(
  found: ContentDigests,
  expected: ExpectedDigests | undefined,
): ObjectRefusal | undefined {
  if (expected?.size !== undefined && expected.size !== found.size)
    return objectRefusal(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    )
  if (expected?.md5 !== undefined) {
    const md5 = Buffer.from(expected.md5, 'base64')
    if (md5.length !== 16) return objectRefusal('InvalidDigest', 'The Content-MD5 you specified was invalid.')
    if (md5.toString('hex') !== found.md5)
      return objectRefusal('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
        ExpectedDigest: expected.md5,
        CalculatedDigest: Buffer.from(found.md5, 'hex').toString('base64'),
      })
  }
  const checksum = expected?.checksum?.()
  if (!checksum) return undefined
  if (checksum.kind !== found.checksum?.kind)
    return objectRefusal('InvalidRequest', `The ${checksum.kind} of the content was not announced before it.`)
  return checksum.value === found.checksum.value
    ? undefined
    : objectRefusal('BadDigest', `The ${checksum.kind} you specified did not match the calculated checksum.`)
}
