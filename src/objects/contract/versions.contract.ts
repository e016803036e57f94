import { describe, expect, test } from 'vitest'
import { isVersionId } from '../version-id.ts'
import { bodyOf, expectRefusal, lab, plain, type StoreCase, smallestPartBytes, wanted } from './store-case.contract.ts'

const how = { headers: { contentType: 'text/x' }, metadata: { n: '1' }, tags: { t: 'v' } }

export function versionCases(on: StoreCase): void {
  const put = async (key: string, text: string, more: object = {}) => {
    on.nowMs += 1000
    return (await on.put(key, text, more)).versionId!
  }
  const remove = async (key: string, versionId?: string) => {
    on.nowMs += 1000
    return wanted(await on.store.delete({ ...lab(key), versionId }))
  }
  const head = async (key: string, versionId: string) => wanted(await on.store.head({ ...lab(key), versionId }))

  describe('versions', () => {
    test('are none without versioning', async () => {
      expect((await on.put('a', 'x')).versionId).toBeUndefined()
      expect((await on.head('a')).versionId).toBeUndefined()
      expect(await on.readVersion('a', 'null')).toBe('x')
      expect(await on.versions()).toEqual(['a null*'])
      await on.put('a', 'y')
      expect(await on.versions()).toEqual(['a null*'])
      expect(await on.store.delete(lab('a'))).toEqual({ existed: true })
      expect(await on.versions()).toEqual([])
      await on.put('a', 'z')
      expect(await remove('a', 'null')).toMatchObject({ existed: true, versionId: 'null' })
      expect(await on.keys()).toEqual([])
    })

    test('stay when an object is written over, with what was said of them', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a/b', 'one', how)
      const facts = await on.head('a/b')
      const second = await put('a/b', 'two, longer')
      expect(isVersionId(first) && isVersionId(second) && first !== second).toBe(true)
      expect(await on.read('a/b')).toBe('two, longer')
      expect(await on.head('a/b')).toMatchObject({ versionId: second, metadata: {} })
      expect(await on.readVersion('a/b', first)).toBe('one')
      expect(await head('a/b', first)).toEqual(facts)
      expect(facts).toMatchObject({ versionId: first, ...how })
      expect(await on.readVersion('a/b', second)).toBe('two, longer')
      await on.reopen()
      expect(await head('a/b', first)).toEqual(facts)
      expect(await on.versions()).toEqual([`a/b ${second}*`, `a/b ${first}`])
    })

    test('of before are the null version', async () => {
      await on.put('a', 'before', how)
      await on.setVersioning('Enabled')
      expect((await on.head('a')).versionId).toBe('null')
      const old = await on.head('a')
      const second = await put('a', 'after')
      expect(await head('a', 'null')).toEqual(old)
      expect(await on.readVersion('a', 'null')).toBe('before')
      const third = await put('a', 'later')
      expect(await on.versions()).toEqual([`a ${third}*`, `a ${second}`, 'a null'])
      await on.reopen()
      expect(await head('a', 'null')).toEqual(old)
      expect(await on.versions()).toEqual([`a ${third}*`, `a ${second}`, 'a null'])
    })

    test('are hidden by a delete marker, and come back without it', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a/b', 'one', how)
      const facts = await on.head('a/b')
      const { versionId: marker, ...gone } = await remove('a/b')
      expect(gone).toEqual({ existed: true, isDeleteMarker: true })
      expect(await on.store.head(lab('a/b'))).toMatchObject({ code: 'NoSuchKey', deleteMarker: { versionId: marker } })
      expectRefusal(await on.store.open({ ...lab('a/b'), versionId: marker }), 'MethodNotAllowed')
      expect(await on.keys()).toEqual([])
      expect(await on.versions()).toEqual([`a/b ${marker}!*`, `a/b ${first}`])
      expect(await head('a/b', first)).toEqual(facts)
      expect(await remove('a/b', marker)).toEqual({ existed: true, versionId: marker, isDeleteMarker: true })
      expect(await on.head('a/b')).toEqual(facts)
      expect(await on.read('a/b')).toBe('one')
      expect(await on.versions()).toEqual([`a/b ${first}*`])
    })

    test('get a delete marker for a key that is not there', async () => {
      await on.setVersioning('Enabled')
      const first = await remove('none')
      const second = await remove('none')
      expect(first).toEqual({ existed: false, versionId: first.versionId, isDeleteMarker: true })
      expect(await on.versions()).toEqual([`none ${second.versionId}!*`, `none ${first.versionId}!`])
    })

    test('give way to the newest of the others when the current one is deleted', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      const second = await put('a', 'two')
      const third = await put('a', 'three')
      expect(await remove('a', second)).toEqual({ existed: true, versionId: second })
      expect(await on.read('a')).toBe('three')
      expect(await remove('a', third)).toEqual({ existed: true, versionId: third })
      expect(await on.read('a')).toBe('one')
      expect((await on.head('a')).versionId).toBe(first)
      expect(await on.versions()).toEqual([`a ${first}*`])
      await remove('a', first)
      expect(await on.versions()).toEqual([])
      expectRefusal(await on.store.head(lab('a')), 'NoSuchKey')
      expectRefusal(await on.store.head({ ...lab('a'), versionId: first }), 'NoSuchVersion', { VersionId: first })
    })

    test('give way to a delete marker too', async () => {
      await on.setVersioning('Enabled')
      const { versionId: marker } = await remove('a')
      const first = await put('a', 'one')
      expect(await on.versions()).toEqual([`a ${first}*`, `a ${marker}!`])
      await remove('a', first)
      expect(await on.versions()).toEqual([`a ${marker}!*`])
      expect(await on.keys()).toEqual([])
    })

    test('are not made while versioning is suspended: the null version is replaced', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      await on.setVersioning('Suspended')
      expect(await put('a', 'two')).toBe('null')
      expect(await put('a', 'three')).toBe('null')
      expect(await on.versions()).toEqual(['a null*', `a ${first}`])
      expect(await on.read('a')).toBe('three')
      expect(await on.readVersion('a', 'null')).toBe('three')
      await on.setVersioning('Enabled')
      const fourth = await put('a', 'four')
      expect(await on.versions()).toEqual([`a ${fourth}*`, 'a null', `a ${first}`])
      await on.setVersioning('Suspended')
      await put('a', 'five')
      expect(await on.versions()).toEqual(['a null*', `a ${fourth}`, `a ${first}`])
      expect(await on.readVersion('a', 'null')).toBe('five')
      expect(await on.readVersion('a', fourth)).toBe('four')
    })

    test('lose the null version to a delete marker while versioning is suspended', async () => {
      await on.put('a', 'before')
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      await on.setVersioning('Suspended')
      expect(await remove('a')).toEqual({ existed: true, versionId: 'null', isDeleteMarker: true })
      expect(await on.versions()).toEqual(['a null!*', `a ${first}`])
      expect(await remove('a')).toEqual({ existed: false, versionId: 'null', isDeleteMarker: true })
      expect(await on.versions()).toEqual(['a null!*', `a ${first}`])
      await put('a', 'again')
      expect(await on.versions()).toEqual(['a null*', `a ${first}`])
      await remove('a')
      expect(await remove('a', 'null')).toEqual({ existed: true, versionId: 'null', isDeleteMarker: true })
      expect(await on.read('a')).toBe('one')
    })

    test('that are not there are none, and may be deleted', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      const second = await put('a', 'two')
      await remove('a', first)
      for (const versionId of [first, 'null']) {
        expectRefusal(await on.store.head({ ...lab('a'), versionId }), 'NoSuchVersion', { VersionId: versionId })
        expect(await remove('a', versionId)).toEqual({ existed: false, versionId })
      }
      expectRefusal(await on.store.head({ ...lab('b'), versionId: second }), 'NoSuchVersion')
      for (const versionId of ['', 'x', `${second}0`, second.toUpperCase(), '../../a']) {
        expectRefusal(await on.store.head({ ...lab('a'), versionId }), 'InvalidArgument')
        expectRefusal(await on.store.delete({ ...lab('a'), versionId }), 'InvalidArgument')
      }
      expect(await on.versions()).toEqual([`a ${second}*`])
    })

    test('are copied, and copied in parts', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one!', how)
      await put('a', 'two')
      const copied = wanted(await on.store.copy({ ...lab('a'), versionId: first }, lab('a'), {})).facts
      expect(copied).toMatchObject({ size: 4, ...how })
      expect(await on.read('a')).toBe('one!')
      expect(await on.versions()).toHaveLength(3)
      expect(copied.versionId).toBe((await on.head('a')).versionId)
      const upload = await on.begun('b')
      const part = wanted(await on.store.copyPart(upload, 1, { ...lab('a'), versionId: first }, undefined))
      const done = wanted(await on.store.completeUpload(upload, { parts: [part] }))
      expect(await on.readVersion('b', done.facts.versionId!)).toBe('one!')
      const marker = (await remove('a')).versionId!
      expectRefusal(await on.store.copy(lab('a'), lab('c'), {}), 'NoSuchKey')
      expectRefusal(await on.store.copy({ ...lab('a'), versionId: marker }, lab('c'), {}), 'MethodNotAllowed')
    })

    test('are made by uploads in parts, and known to a second Complete', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      const upload = await on.begun('a', how)
      const parts = [await on.part(upload, 1, 'x'.repeat(smallestPartBytes)), await on.part(upload, 2, 'y')]
      const { facts } = wanted(await on.store.completeUpload(upload, { parts }))
      expect(wanted(await on.store.completeUpload(upload, { parts })).facts).toEqual(facts)
      expect(await on.versions()).toEqual([`a ${facts.versionId}*`, `a ${first}`])
      await put('a', 'three')
      expect(await head('a', facts.versionId!)).toEqual(facts)
    })

    test('have tags of their own', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one', how)
      const second = await put('a', 'two', how)
      expect(await on.store.setTags({ ...lab('a'), versionId: first }, { old: 'yes' })).toEqual({ versionId: first })
      expect(await on.store.setTags(lab('a'), { new: 'yes' })).toEqual({ versionId: second })
      expect((await head('a', first)).tags).toEqual({ old: 'yes' })
      expect((await on.head('a')).tags).toEqual({ new: 'yes' })
      const { versionId: marker } = await remove('a')
      expectRefusal(await on.store.setTags({ ...lab('a'), versionId: marker }, {}), 'MethodNotAllowed')
      expectRefusal(await on.store.setTags(lab('a'), {}), 'NoSuchKey')
    })

    test('are written under conditions on the current one', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      const { etag } = await on.head('a')
      expectRefusal(await on.tryPut('a', 'x', { conditions: { ifNoneMatch: ['*'] } }), 'PreconditionFailed')
      expectRefusal(await on.tryPut('a', 'x', { conditions: { ifMatch: ['other'] } }), 'PreconditionFailed')
      expectRefusal(await on.store.delete(lab('a'), { ifMatch: ['other'] }), 'PreconditionFailed')
      expect(await on.versions()).toEqual([`a ${first}*`])
      const second = await put('a', 'two', { conditions: { ifMatch: [etag] } })
      await remove('a')
      const third = await put('a', 'three', { conditions: { ifNoneMatch: ['*'] } })
      expect((await on.versions()).filter((one) => !one.includes('!'))).toEqual([
        ...[`a ${third}*`, `a ${second}`, `a ${first}`],
      ])
    })

    test('of simultaneous writers are all kept, each whole', async () => {
      await on.setVersioning('Enabled')
      const stored = await Promise.all(
        Array.from({ length: 12 }, (_, at) => on.put('a', `${at}`.repeat(50 + at), { metadata: { at: `${at}` } })),
      )
      expect(await on.versions()).toHaveLength(12)
      for (const facts of stored) {
        expect(await head('a', facts.versionId!)).toEqual(facts)
        expect(await on.readVersion('a', facts.versionId!)).toHaveLength(facts.size)
      }
    })

    test('keep their bucket', async () => {
      await on.setVersioning('Enabled')
      const first = await put('deep/in/a', 'one')
      const marker = (await remove('deep/in/a')).versionId!
      expectRefusal(await on.store.deleteBucket('lab'), 'BucketNotEmpty')
      await remove('deep/in/a', first)
      expectRefusal(await on.store.deleteBucket('lab'), 'BucketNotEmpty')
      await remove('deep/in/a', marker)
      expect(await on.store.deleteBucket('lab')).toBeUndefined()
      wanted(await on.store.createBucket('lab', 'jdoe'))
      await on.put('deep/in/a', 'new')
      expect(await on.versions()).toEqual(['deep/in/a null*'])
    })

    test('expire only when they are not current any more', async () => {
      await on.setVersioning('Enabled')
      const first = await put('a', 'one')
      const second = await put('a', 'two')
      const replacedAtMs = on.nowMs
      const expire = async (versionId: string, ifNoncurrentSinceMs: number) =>
        wanted(await on.store.delete({ ...lab('a'), versionId }, { ifNoncurrentSinceMs })).existed
      expect(await expire(second, on.nowMs + 1e6)).toBe(false)
      expect(await expire(first, replacedAtMs - 1)).toBe(false)
      expect(await expire(first, replacedAtMs)).toBe(true)
      expect(await expire(first, replacedAtMs)).toBe(false)
      await on.setVersioning('Suspended')
      await put('a', 'three')
      expect(await expire('null', on.nowMs + 1e6)).toBe(false)
      expect(await on.versions()).toEqual(['a null*', `a ${second}`])
    })

    test.each([
      'a/',
      'a//b',
      '../x',
      'a/b/../c',
      'x@2026-11-27T10.49.24.123004Z-null',
      'ü'.repeat(300),
      '%object',
      'a%more',
    ])('are kept of the key %j', async (key) => {
      await on.setVersioning('Enabled')
      const first = await put(key, 'one')
      const second = await put(key, 'two')
      const { versionId: marker } = await remove(key)
      await on.reopen()
      expect(await on.versions()).toEqual([`${key} ${marker}!*`, `${key} ${second}`, `${key} ${first}`])
      expect(await on.readVersion(key, first)).toBe('one')
      await remove(key, marker)
      expect(await on.read(key)).toBe('two')
      for (const versionId of [first, second]) await remove(key, versionId)
    })

    test('are put into a bucket that is not there by nobody', async () => {
      const none = { bucket: 'none', key: 'a', versionId: 'null' }
      expectRefusal(await on.store.head(none), 'NoSuchBucket')
      expectRefusal(await on.store.delete(none), 'NoSuchBucket')
      expectRefusal(await on.store.put(none, bodyOf('x'), plain), 'NoSuchBucket')
    })
  })
}
