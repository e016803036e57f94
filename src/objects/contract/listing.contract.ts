import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ListPage, ListQuery } from '../object-store.ts'
import { compareUtf8 } from '../utf8-order.ts'
import { lab, type StoreCase } from './store-case.contract.ts'

export function listingCases(on: StoreCase): void {
  describe('listing', () => {
    test('is in the order of UTF-8 bytes', async () => {
      const keys = ['B', 'a', 'a-b', 'a.b', 'a/b', 'a/b-', 'a/b/c', 'a0', 'z', 'ä', '\uFFEE', '\u{1F9EC}']
      for (const key of keys.toReversed()) await on.put(key, 'x')
      expect(await on.keys()).toEqual(keys)
      expect(await on.keys(1)).toEqual(keys)
      expect(await on.keys(5)).toEqual(keys)
    })

    test('tells size, time and entity tag', async () => {
      const { key, size, lastModifiedMs, etag } = await on.put('a', 'hello')
      expect((await on.list()).objects[0]).toMatchObject({ key, size, lastModifiedMs, etag })
    })

    test('folds keys at the delimiter', async () => {
      for (const key of ['a', 'd/1', 'd/2', 'd/e/3', 'f/4', 'g']) await on.put(key, 'x')
      const names = ({ objects, commonPrefixes, next }: ListPage) => ({
        keys: objects.map(({ key }) => key),
        commonPrefixes,
        next,
      })
      expect(names(await on.list({ delimiter: '/' }))).toEqual({
        ...{ keys: ['a', 'g'], commonPrefixes: ['d/', 'f/'], next: undefined },
      })
      expect(names(await on.list({ delimiter: '/', prefix: 'd/' }))).toEqual({
        ...{ keys: ['d/1', 'd/2'], commonPrefixes: ['d/e/'], next: undefined },
      })
      expect(names(await on.list({ delimiter: '/', limit: 2 }))).toEqual({
        ...{ keys: ['a'], commonPrefixes: ['d/'], next: 'd/' },
      })
      expect(names(await on.list({ delimiter: '/', limit: 2, after: 'd/' }))).toEqual({
        ...{ keys: ['g'], commonPrefixes: ['f/'], next: undefined },
      })
      expect(names(await on.list({ delimiter: '/', prefix: 'd' }))).toEqual({
        ...{ keys: [], commonPrefixes: ['d/'], next: undefined },
      })
      expect(names(await on.list({ limit: 0 }))).toEqual({ keys: [], commonPrefixes: [], next: undefined })
    })

    test('finds nothing below a prefix that no key can have', async () => {
      await on.put('a/b', '')
      for (const prefix of ['a\0/', 'a/\0', '\ud800/', `${'x'.repeat(5000)}/`])
        expect(await on.list({ prefix })).toMatchObject({ objects: [], commonPrefixes: [] })
    })

    test('does not show a directory that lost its last object', async () => {
      await on.put('d/e/f', 'x')
      await on.store.delete(lab('d/e/f'))
      expect(await on.list({ delimiter: '/' })).toMatchObject({ objects: [], commonPrefixes: [] })
    })

    test('agrees with a sorted list of all keys', async () => {
      const segment = fc.constantFrom('a', 'b', 'a.', 'a-', 'aa', '', '.', 'ä', '0', '%object', '%more')
      const keys = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
      const some = fc.uniqueArray(
        keys.filter((key) => key !== ''),
        { minLength: 25, maxLength: 25 },
      )
      const stored = fc.sample(some, { numRuns: 1, seed: 12 })[0]!
      for (const key of stored) await on.put(key, 'x')
      const query = fc.record({
        prefix: fc.oneof(fc.constant(''), keys, segment),
        delimiter: fc.constantFrom('', '/', '/', 'a', './', 'a/', '//'),
        after: fc.oneof(fc.constant(''), keys, segment),
        limit: fc.integer({ min: 1, max: 9 }),
      })
      await fc.assert(
        fc.asyncProperty(query, async (one) => {
          const page = await on.list(one)
          const found = {
            objects: page.objects.map(({ key }) => key),
            commonPrefixes: [...page.commonPrefixes],
            next: page.next,
          }
          expect(found).toEqual(naivePage(stored, one))
        }),
        { numRuns: 300 },
      )
    })
  })
}

function naivePage(keys: readonly string[], { prefix, delimiter, after, limit }: ListQuery) {
  const names = new Map<string, 'key' | 'prefix'>()
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (at < 0) names.set(key, 'key')
    else names.set(key.slice(0, at + delimiter.length), 'prefix')
  }
  const later = [...names].filter(([name]) => compareUtf8(name, after) > 0).sort(([a], [b]) => compareUtf8(a, b))
  const page = later.slice(0, limit)
  const of = (kind: 'key' | 'prefix') => page.flatMap(([name, its]) => (its === kind ? name : []))
  return { objects: of('key'), commonPrefixes: of('prefix'), next: later.length > limit ? page.at(-1)?.[0] : undefined }
}
