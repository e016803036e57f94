import { describe, expect, test } from 'vitest'
import type { SurveyedObject, SurveyQuery } from '../object-store.ts'
import { expectRefusal, lab, type StoreCase } from './store-case.contract.ts'

export function surveyCases(on: StoreCase): void {
  describe('a survey', () => {
    const survey = async (query: Partial<SurveyQuery> = {}, bucket = 'lab') => {
      const found = new Map<string, SurveyedObject>()
      for await (const some of on.store.survey(bucket, { prefix: '', withTags: false, ...query }))
        for (const one of some) found.set(one.key, one)
      return found
    }

    test('has every object below a prefix, with its size and time', async () => {
      const keys = ['a', 'a/', 'a/b', 'a/b/c', 'ä//', 'b']
      for (const key of keys) await on.put(key, key)
      expect([...(await survey()).keys()].sort()).toEqual(keys.sort())
      const below = await survey({ prefix: 'a/b' })
      expect([...below.keys()].sort()).toEqual(['a/b', 'a/b/c'])
      const { lastModifiedMs } = await on.head('a/b/c')
      expect(below.get('a/b/c')).toMatchObject({ size: 5, lastModifiedMs, tags: {} })
      expect((await survey({}, 'none')).size).toBe(0)
    })

    test('has tags where they are wanted', async () => {
      await on.put('a', 'x', { tags: { keep: 'no' } })
      await on.put('b', 'x')
      await on.store.setTags(lab('b'), { keep: 'yes' })
      const tags = async (withTags: boolean) => [...(await survey({ withTags })).values()].map((one) => one.tags)
      expect(await tags(true)).toEqual([{ keep: 'no' }, { keep: 'yes' }])
      expect(await tags(false)).toEqual([{}, {}])
    })

    test('lets an object be deleted that is still the same, and no other', async () => {
      await on.put('a', 'same')
      await on.put('b', 'same')
      const found = await survey()
      // With the same content, so that the entity tag is the same.
      await on.put('a', 'same')
      const remove = (key: string) => on.store.delete(lab(key), { ifMark: found.get(key)!.mark })
      expectRefusal(await remove('a'), 'PreconditionFailed')
      expect(await remove('b')).toEqual({ existed: true })
      expect(await remove('b')).toEqual({ existed: false })
      expect(await on.keys()).toEqual(['a'])
    })

    test('has the current versions alone, and an object that is gone gets no delete marker by it', async () => {
      await on.setVersioning('Enabled')
      await on.put('a', 'one')
      await on.put('a', 'two!')
      await on.put('b', 'x')
      const found = await survey()
      expect([...found.values()].map(({ key, size }) => [key, size])).toEqual([
        ['a', 4],
        ['b', 1],
      ])
      const remove = (key: string) => on.store.delete(lab(key), { ifMark: found.get(key)!.mark })
      expect(await remove('b')).toMatchObject({ existed: true, isDeleteMarker: true })
      expect(await remove('b')).toEqual({ existed: false })
      expect((await on.listVersions({ prefix: 'b' })).versions).toHaveLength(2)
      await on.put('a', 'two!')
      expectRefusal(await remove('a'), 'PreconditionFailed')
    })
  })
}
