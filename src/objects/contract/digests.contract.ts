import { describe, expect, test } from 'vitest'
import type { ChecksumKind } from '../checksum.ts'
import { expectRefusal, lab, type StoreCase } from './store-case.contract.ts'

/** Of `hello`, computed by other programs. */
const ofHello: readonly [ChecksumKind, string][] = [
  ['CRC32', 'NhCmhg=='],
  ['CRC32C', 'mnG7TA=='],
  ['CRC64NVME', 'M3eFcAZSQlc='],
  ['SHA1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
  ['SHA256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
]

export function digestCases(on: StoreCase): void {
  describe('digests', () => {
    test.each(ofHello)('%s is computed and kept', async (kind, value) => {
      const checksum = { kind, value, type: 'FULL_OBJECT' } as const
      expect((await on.put('a', 'hello', { checksum: kind })).checksum).toEqual(checksum)
      expect((await on.head('a')).checksum).toEqual(checksum)
      expect((await on.list()).objects[0]?.checksum).toEqual(checksum)
    })

    test.each(ofHello)('%s is compared with the expected one', async (kind, value) => {
      const expectedAs = (text: string) => ({
        checksum: kind,
        expected: { checksum: () => ({ kind, value: text, type: 'FULL_OBJECT' }) as const },
      })
      await on.put('a', 'hello', expectedAs(value))
      const wrong = Buffer.from(value, 'base64').fill(0, 0, 1).toString('base64')
      expectRefusal(await on.tryPut('b', 'hello', expectedAs(wrong)), 'BadDigest')
      expect(await on.keys()).toEqual(['a'])
    })

    test('MD5 is compared with the expected one', async () => {
      await on.put('a', 'hello', { expected: { md5: 'XUFAKrxLKna5cZ2REBfFkg==' } })
      expectRefusal(await on.tryPut('a', 'other', { expected: { md5: 'XUFAKrxLKna5cZ2REBfFkg==' } }), 'BadDigest')
      expectRefusal(await on.tryPut('a', 'other', { expected: { md5: 'short' } }), 'InvalidDigest')
      expect(await on.read('a')).toBe('hello')
    })

    test('the size is compared with the expected one', async () => {
      await on.put('a', 'hello', { expected: { size: 5 } })
      expectRefusal(await on.tryPut('a', 'hell', { expected: { size: 5 } }), 'IncompleteBody')
      expect(await on.read('a')).toBe('hello')
    })

    test('a checksum that becomes known at the end of the body counts', async () => {
      let trailer: string | undefined
      const body = (async function* () {
        yield Buffer.from('hello')
        trailer = 'AAAAAA=='
      })()
      const answer = await on.store.put(lab('a'), body, {
        ...{ headers: {}, metadata: {}, tags: {}, checksum: 'CRC32' as const },
        expected: { checksum: () => (trailer ? { kind: 'CRC32', value: trailer, type: 'FULL_OBJECT' } : undefined) },
      })
      expectRefusal(answer, 'BadDigest')
    })
  })
}
