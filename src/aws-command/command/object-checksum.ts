/**
 * What the store says of an object's whole content, and the sum of what arrived. The checksum of an
 * upload in parts can be one of their checksums (`…-3`), which says nothing of the whole.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { crc32 as nodeCrc32 } from 'node:zlib'
import { Crc, type CrcKind, combineCrcs, crc32, crc32c, crc64nvme } from '../../ground/crc.ts'
import { Failure } from './failure.ts'

export interface ObjectChecksum {
  readonly kind: CrcKind
  /** Base64. */
  readonly value: string
}

const kinds: Readonly<Record<string, CrcKind>> = {
  'x-amz-checksum-crc32': crc32,
  'x-amz-checksum-crc32c': crc32c,
  'x-amz-checksum-crc64nvme': crc64nvme,
}

/** Asks HeadObject and GetObject to say it. */
export const askForChecksum = { 'x-amz-checksum-mode': 'ENABLED' } as const

export function checksumOf(headers: IncomingHttpHeaders): ObjectChecksum | undefined {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = headers[name]
    if (typeof value === 'string' && !value.includes('-')) return { kind, value }
  }
  return undefined
}

/** The sum of bytes in a row. */
export class RunningSum {
  readonly #crc: Crc | undefined
  #crc32 = 0
  size = 0

  constructor(kind: CrcKind) {
    if (kind !== crc32) this.#crc = new Crc(kind)
  }

  update(chunk: Buffer): void {
    this.size += chunk.length
    // Node's own is several times as fast.
    if (this.#crc) this.#crc.update(chunk)
    else this.#crc32 = nodeCrc32(chunk, this.#crc32)
  }

  get crc(): bigint {
    return this.#crc ? BigInt(`0x${this.#crc.digest().toString('hex')}`) : BigInt(this.#crc32)
  }
}

/** Throws unless these sums, one after the other, are that of the object. */
export function checkSums({ kind, value }: ObjectChecksum, sums: readonly RunningSum[]): void {
  const combined = combineCrcs(
    kind,
    sums.map(({ crc, size }) => ({ crc, size })),
  )
  const digits = combined.toString(16).padStart(kind.bits / 4, '0')
  const found = Buffer.from(digits, 'hex').toString('base64')
  if (found !== value) throw new Failure(`Expected checksum ${value} did not match calculated checksum: ${found}`)
}
