import { crc32 as nodeCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Crc, type CrcKind, combineCrcs, crc32, crc32c, crc64nvme } from './crc.ts'

function crcOf(kind: CrcKind, ...pieces: Uint8Array[]): string {
  const crc = new Crc(kind)
  for (const piece of pieces) crc.update(piece)
  return crc.digest().toString('hex')
}

test.each([
  ['CRC-32', crc32, 'cbf43926'],
  ['CRC-32C', crc32c, 'e3069283'],
  ['CRC-64/NVME', crc64nvme, 'ae8b14860a799888'],
])('%s of the digits 1 to 9 is the published check value', (_, kind, value) => {
  expect(crcOf(kind, Buffer.from('123456789'))).toBe(value)
})

test('a CRC is the same in any pieces', () => {
  const kinds = fc.constantFrom(crc32, crc32c, crc64nvme)
  fc.assert(
    fc.property(kinds, fc.array(fc.uint8Array({ maxLength: 40 })), (kind, pieces) => {
      expect(crcOf(kind, ...pieces)).toBe(crcOf(kind, Buffer.concat(pieces)))
    }),
  )
})

test('the tables agree with the CRC-32 of Node', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(Number.parseInt(crcOf(crc32, bytes), 16)).toBe(nodeCrc32(bytes))
    }),
  )
})

test('the CRCs of parts combine to that of the whole', () => {
  const kinds = fc.constantFrom(crc32, crc32c, crc64nvme)
  fc.assert(
    fc.property(kinds, fc.array(fc.uint8Array({ maxLength: 300 })), (kind, parts) => {
      const combined = combineCrcs(
        kind,
        parts.map((part) => ({ crc: BigInt(`0x${crcOf(kind, part)}`), size: part.length })),
      )
      expect(combined.toString(16).padStart(kind.bits / 4, '0')).toBe(crcOf(kind, Buffer.concat(parts)))
    }),
  )
})
