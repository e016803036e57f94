/**
 * Cyclic redundancy checks that Node does not have: CRC-32C (RFC 3720 appendix B.4) and
 * CRC-64/NVME. Also the CRC of two contents in a row, from their own CRCs and the second one's
 * size.
 */

/** A reflected CRC that begins with all bits set and ends inverted. */
export interface CrcKind {
  readonly bits: 32 | 64
  /** Reflected: the highest bit is the coefficient of x⁰. */
  readonly polynomial: bigint
}

export const crc32: CrcKind = { bits: 32, polynomial: 0xedb88320n }
export const crc32c: CrcKind = { bits: 32, polynomial: 0x82f63b78n }
export const crc64nvme: CrcKind = { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n }

/** Bytes that one step takes. */
const slices = 8

/** The CRC of one byte followed by 0 to 7 zero bytes: low halves, then high halves. */
function tablesOf({ polynomial }: CrcKind): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(256 * slices)
  const high = new Int32Array(256 * slices)
  const polynomialLow = Number(BigInt.asIntN(32, polynomial))
  const polynomialHigh = Number(BigInt.asIntN(32, polynomial >> 32n))
  for (let byte = 0; byte < 256; byte++) {
    let [l, h] = [byte, 0]
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = l & 1
      l = (l >>> 1) | (h << 31)
      h = h >>> 1
      if (isOdd) [l, h] = [l ^ polynomialLow, h ^ polynomialHigh]
    }
    low[byte] = l
    high[byte] = h
  }
  for (let at = 256; at < 256 * slices; at++) {
    const [l, h] = [low[at - 256]!, high[at - 256]!]
    low[at] = low[l & 255]! ^ ((l >>> 8) | (h << 24))
    high[at] = high[l & 255]! ^ (h >>> 8)
  }
  return { low, high }
}

/** A CRC that grows with its content. */
export class Crc {
  readonly #kind: CrcKind
  readonly #low: Int32Array
  readonly #high: Int32Array
  #l = -1
  #h: number

  constructor(kind: CrcKind) {
    this.#kind = kind
    const tables = knownTables.get(kind) ?? tablesOf(kind)
    knownTables.set(kind, tables)
    this.#low = tables.low
    this.#high = tables.high
    this.#h = kind.bits === 64 ? -1 : 0
  }

  update(bytes: Uint8Array): void {
    let at = 0
    const whole = bytes.length - (bytes.length % slices)
    at = this.#kind.bits === 64 ? this.#update64(bytes, whole) : this.#update32(bytes, whole)
    let [l, h] = [this.#l, this.#h]
    for (; at < bytes.length; at++) {
      const index = (l ^ bytes[at]!) & 255
      l = this.#low[index]! ^ ((l >>> 8) | (h << 24))
      h = this.#high[index]! ^ (h >>> 8)
    }
    this.#l = l
    this.#h = h
  }

  #update32(bytes: Uint8Array, end: number): number {
    const low = this.#low
    let l = this.#l
    for (let at = 0; at < end; at += slices) {
      l ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      l =
        low[1792 + (l & 255)]! ^
        low[1536 + ((l >>> 8) & 255)]! ^
        low[1280 + ((l >>> 16) & 255)]! ^
        low[1024 + (l >>> 24)]! ^
        low[768 + bytes[at + 4]!]! ^
        low[512 + bytes[at + 5]!]! ^
        low[256 + bytes[at + 6]!]! ^
        low[bytes[at + 7]!]!
    }
    this.#l = l
    return end
  }

  #update64(bytes: Uint8Array, end: number): number {
    const [low, high] = [this.#low, this.#high]
    let [l, h] = [this.#l, this.#h]
    for (let at = 0; at < end; at += slices) {
      l ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      h ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
      const a = 1792 + (l & 255)
      const b = 1536 + ((l >>> 8) & 255)
      const c = 1280 + ((l >>> 16) & 255)
      const d = 1024 + (l >>> 24)
      const e = 768 + (h & 255)
      const f = 512 + ((h >>> 8) & 255)
      const g = 256 + ((h >>> 16) & 255)
      const i = h >>> 24
      l = low[a]! ^ low[b]! ^ low[c]! ^ low[d]! ^ low[e]! ^ low[f]! ^ low[g]! ^ low[i]!
      h = high[a]! ^ high[b]! ^ high[c]! ^ high[d]! ^ high[e]! ^ high[f]! ^ high[g]! ^ high[i]!
    }
    this.#l = l
    this.#h = h
    return end
  }

  /** Big-endian. */
  digest(): Buffer {
    const bytes = Buffer.alloc(this.#kind.bits / 8)
    if (this.#kind.bits === 64) bytes.writeInt32BE(~this.#h, 0)
    bytes.writeInt32BE(~this.#l, bytes.length - 4)
    return bytes
  }
}

const knownTables = new Map<CrcKind, ReturnType<typeof tablesOf>>()

/** The CRC of contents in a row. */
export function combineCrcs(
  kind: CrcKind,
  contents: Iterable<{ readonly crc: bigint; readonly size: number }>,
): bigint {
  // Parts of an upload mostly have one size.
  const powers = new Map<number, bigint>()
  let combined = 0n
  for (const { crc, size } of contents) {
    const power = powers.get(size) ?? powerOfX(kind, size)
    powers.set(size, power)
    combined = multiply(kind, power, combined) ^ crc
  }
  return combined
}

/** x to the power of so many bytes. */
function powerOfX(kind: CrcKind, bytes: number): bigint {
  let square = 1n << BigInt(kind.bits - 1 - 8)
  let power = 1n << BigInt(kind.bits - 1)
  for (let left = BigInt(bytes); left > 0n; left >>= 1n) {
    if (left & 1n) power = multiply(kind, power, square)
    square = multiply(kind, square, square)
  }
  return power
}

/** The product of two polynomials, modulo the CRC's own. */
function multiply({ bits, polynomial }: CrcKind, a: bigint, b: bigint): bigint {
  let product = 0n
  let factor = b
  for (let bit = 1n << BigInt(bits - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n
  }
  return product
}
