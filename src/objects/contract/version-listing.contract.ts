import { beforeEach, describe, expect, test } from 'vitest'
import { expectRefusal, lab, type StoreCase, wanted } from './store-case.contract.ts'

export function versionListingCases(on: StoreCase): void {
  describe('a listing of versions', () => {
    /** What it is to show. */
    let all: string[] = []

    beforeEach(async () => {
      const put = async (key: string) => {
        on.nowMs += 1000
        return (await on.put(key, key)).versionId
      }
      const remove = async (key: string) => {
        on.nowMs += 1000
        return wanted(await on.store.delete(lab(key))).versionId
      }
      for (const key of ['a', 'a/2', 'old']) await put(key)
      await on.setVersioning('Enabled')
      const [a1, a2] = [await put('a'), await put('a')]
      const slash = [await put('a/1'), await remove('a/1'), await put('a/1')]
      const gone = [await put('a!'), await remove('a!')]
      const [deep, b] = [await put('a/b/c'), await put('b')]
      const [c1, c2] = [await put('ü/c'), await put('ü/c')]
      all = [
        ...[`a ${a2}*`, `a ${a1}`, 'a null', `a! ${gone[1]}!*`, `a! ${gone[0]}`],
        ...[`a/1 ${slash[2]}*`, `a/1 ${slash[1]}!`, `a/1 ${slash[0]}`, 'a/2 null*'],
        ...[`a/b/c ${deep}*`, `b ${b}*`, 'old null*', `ü/c ${c2}*`, `ü/c ${c1}`],
      ]
    })

    test('has them by key, and from the newest on', async () => {
      expect(await on.versions()).toEqual(all)
      await on.reopen()
      expect(await on.versions()).toEqual(all)
    })

    test.each([1, 2, 3, 5, 14])('has the same in pages of %i', async (limit) => {
      expect(await on.versions({ limit })).toEqual(all)
      const page = await on.listVersions({ limit })
      expect(page.versions.length).toBe(limit)
      expect(page.next === undefined).toBe(limit === 14)
    })

    test('has those below a prefix', async () => {
      expect(await on.versions({ prefix: 'a/' })).toEqual(all.slice(5, 10))
      expect(await on.versions({ prefix: 'a/1', limit: 2 })).toEqual(all.slice(5, 8))
      expect(await on.versions({ prefix: 'none' })).toEqual([])
      expect(await on.versions({ prefix: 'ü' })).toEqual(all.slice(12))
    })

    test('folds what has the delimiter', async () => {
      const page = await on.listVersions({ delimiter: '/' })
      expect(page.versions.map(({ key }) => key)).toEqual(['a', 'a', 'a', 'a!', 'a!', 'b', 'old'])
      expect(page.commonPrefixes).toEqual(['a/', 'ü/'])
      expect((await on.versions({ delimiter: '/', limit: 1 })).sort()).toEqual(
        [...all.slice(0, 5), 'a/', all[10], all[11], 'ü/'].sort(),
      )
      expect(await on.versions({ delimiter: '/', prefix: 'a/' })).toEqual([...all.slice(5, 9), 'a/b/'])
    })

    test('folds what has nothing but old versions', async () => {
      await on.store.delete(lab('ü/c'))
      expect((await on.listVersions({ delimiter: '/' })).commonPrefixes).toEqual(['a/', 'ü/'])
      expect((await on.list({ delimiter: '/' })).commonPrefixes).toEqual(['a/'])
    })

    test('goes on behind a version that is gone', async () => {
      const [first] = (await on.listVersions({ limit: 1 })).versions
      const second = (await on.listVersions()).versions[1]!
      await on.store.delete({ ...lab('a'), versionId: second.versionId })
      const page = await on.listVersions({ afterKey: 'a', afterVersionId: second.versionId, limit: 2 })
      expect(page.versions.map(({ key, versionId }) => `${key} ${versionId}`)).toEqual(['a null', all[3]!.slice(0, -2)])
      expect(first?.isLatest).toBe(true)
    })

    test('says since when versions are not current', async () => {
      const { versions } = await on.listVersions({ prefix: 'a/1' })
      const [current, marker, first] = versions.map(({ noncurrentSinceMs = 0 }) => noncurrentSinceMs)
      expect(current).toBe(0)
      expect(first).toBe(versions[1]?.lastModifiedMs)
      expect(marker).toBe(first! + 1000)
    })

    test('may be empty, and refuses a version that is none', async () => {
      expect(await on.listVersions({ limit: 0 })).toEqual({ versions: [], commonPrefixes: [], next: undefined })
      const query = { prefix: '', delimiter: '', afterKey: 'a', afterVersionId: 'x', limit: 1 }
      expectRefusal(await on.store.listVersions('lab', query), 'InvalidArgument')
      expectRefusal(await on.store.listVersions('none', { ...query, afterVersionId: '' }), 'NoSuchBucket')
    })
  })
}
