import { describe, expect, test } from 'vitest'
import { expectRefusal, lab, type StoreCase, smallestPartBytes, wanted } from './store-case.contract.ts'

export function copyCases(on: StoreCase): void {
  describe('a copy', () => {
    const how = { headers: { contentType: 'text/x' }, metadata: { a: 'b' }, tags: { t: 'v' } }

    test('has the content of its source, and what was said of it', async () => {
      const source = await on.put('a', 'hello', { ...how, checksum: 'CRC32' })
      const { facts } = wanted(await on.store.copy(lab('a'), lab('b/c'), {}))
      expect(facts).toEqual({ ...source, key: 'b/c', lastModifiedMs: facts.lastModifiedMs })
      expect(await on.head('b/c')).toEqual(facts)
      expect(await on.read('b/c')).toBe('hello')
      await on.put('b/c', 'changed')
      expect(await on.read('a')).toBe('hello')
    })

    test('goes to another bucket', async () => {
      wanted(await on.store.createBucket('other', 'jdoe'))
      await on.put('a', 'hello', how)
      wanted(await on.store.copy(lab('a'), { bucket: 'other', key: 'a' }, {}))
      expect(await on.store.head({ bucket: 'other', key: 'a' })).toMatchObject({ size: 5, ...how })
    })

    test('gets another description, other tags or another checksum', async () => {
      await on.put('a', 'hello', how)
      const description = { headers: { contentType: 'text/y' }, metadata: {}, tags: {} }
      const described = wanted(await on.store.copy(lab('a'), lab('b'), { description, checksum: 'SHA1' }))
      expect(described.facts).toMatchObject({ ...description, checksum: { kind: 'SHA1' } })
      const tagged = wanted(await on.store.copy(lab('a'), lab('c'), { tags: { u: 'w' } }))
      expect(tagged.facts).toMatchObject({ headers: how.headers, metadata: how.metadata, tags: { u: 'w' } })
    })

    test('onto itself changes what is said of an object', async () => {
      await on.put('a', 'hello', how)
      const description = { headers: {}, metadata: { new: '1' }, tags: {} }
      wanted(await on.store.copy(lab('a'), lab('a'), { description }))
      expect(await on.head('a')).toMatchObject({ size: 5, metadata: { new: '1' } })
      expect(await on.read('a')).toBe('hello')
    })

    test('of an object from parts has the MD5 of its content', async () => {
      const upload = await on.begun('a', { checksum: 'SHA256' })
      const text = 'x'.repeat(smallestPartBytes)
      const part = await on.part(upload, 1, text)
      const last = await on.part(upload, 2, 'y')
      wanted(await on.store.completeUpload(upload, { parts: [part, last] }))
      const { facts } = wanted(await on.store.copy(lab('a'), lab('b'), {}))
      expect(facts.etag).toBe((await on.put('c', `${text}y`)).etag)
      expect(facts.checksum).toMatchObject({ kind: 'SHA256', type: 'FULL_OBJECT' })
      expect(facts.parts).toBeUndefined()
    })

    test('needs a source', async () => {
      expectRefusal(await on.store.copy(lab('none'), lab('b'), {}), 'NoSuchKey', { Key: 'none' })
      expect(await on.keys()).toEqual([])
    })
  })
}
