import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareUtf8 } from '../utf8-order.ts'
import { expectRefusal, lab, type StoreCase } from './store-case.contract.ts'

/** Segments that a file system reads otherwise, and texts that look like escapes. */
const segments = fc.oneof(
  fc.constantFrom('', '.', '..', 'a', 'b', 'a.b', 'a-b', '%', '%25', '%empty', '%object', '%more', '%2E', '%2E%2E'),
  fc.constantFrom('A', 'ä', 'a\u0308', '\u{1F9EC}', '\uFFFD', ' ', '\\', '\n', 'con', '~', '*', '-rf', 'x'.repeat(256)),
  fc.constantFrom('ü'.repeat(200), '%25more', '%25%25', 'a%more', '%%empty', '.openbatch.', 'new', '\u007f'),
  fc
    .array(fc.constantFrom('%', '.', '2', '5', 'E', 'e', 'more', 'é', '𝄞', '\t'), { maxLength: 6 })
    .map((all) => all.join('')),
)

/** Keys that a file system has trouble with. */
export const hostileKeys = fc
  .array(segments, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'))
  .filter(
    (key) => key !== '' && !key.startsWith('.openbatch/') && key !== '.openbatch' && Buffer.byteLength(key) <= 1024,
  )

export function keyCases(on: StoreCase): void {
  describe('keys', () => {
    test.each(['', 'a\0b', '.openbatch/new/x', '.openbatch', '\ud800'])('%j is refused', async (key) => {
      expectRefusal(await on.tryPut(key, 'x'), 'InvalidArgument')
      expectRefusal(await on.store.head(lab(key)), 'InvalidArgument')
      expectRefusal(await on.store.delete(lab(key)), 'InvalidArgument')
    })

    test('have up to 1024 bytes', async () => {
      await on.put('ü'.repeat(512), 'x')
      expectRefusal(await on.tryPut(`${'ü'.repeat(512)}x`, 'x'), 'KeyTooLongError')
      expect(await on.keys()).toEqual(['ü'.repeat(512)])
    })

    test('of which one is a directory of the other live beside each other', async () => {
      for (const order of [
        ['a', 'a/', 'a/b', 'a//b', 'a/b/c/d'],
        ['a/b/c/d', 'a//b', 'a/b', 'a/', 'a'],
      ]) {
        for (const key of order) await on.put(key, key, { metadata: { of: key } })
        for (const key of order) expect([await on.read(key), (await on.head(key)).metadata.of]).toEqual([key, key])
        expect(await on.keys()).toEqual(['a', 'a/', 'a//b', 'a/b', 'a/b/c/d'])
        for (const key of order) expect(await on.store.delete(lab(key))).toEqual({ existed: true })
        expect(await on.keys()).toEqual([])
      }
    })

    test('of any kind keep apart what was put under them', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(hostileKeys, { maxLength: 12 }), async (keys) => {
          for (const key of keys) await on.put(key, key)
          expect(await on.keys(3)).toEqual([...keys].sort(compareUtf8))
          for (const key of keys) expect(await on.read(key)).toBe(key)
          for (const key of keys) expect(await on.store.delete(lab(key))).toEqual({ existed: true })
          expect(await on.keys()).toEqual([])
        }),
        { numRuns: 30 },
      )
    })
  })
}
