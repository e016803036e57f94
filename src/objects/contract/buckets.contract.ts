import { describe, expect, test } from 'vitest'
import { expectRefusal, lab, type StoreCase, wanted } from './store-case.contract.ts'

export function bucketCases(on: StoreCase): void {
  describe('buckets', () => {
    test('are listed by name with their owner and time', async () => {
      on.nowMs += 1000
      wanted(await on.store.createBucket('a-first', 'asmith'))
      expect(on.store.buckets()).toMatchObject([
        { name: 'a-first', owner: 'asmith', createdAtMs: on.nowMs, readOnly: false },
        { name: 'lab', owner: 'jdoe', createdAtMs: on.nowMs - 1000 },
      ])
      expect(on.store.bucket('lab')?.owner).toBe('jdoe')
      expect(on.store.bucket('none')).toBeUndefined()
    })

    test('stay when the store is opened again', async () => {
      const before = on.store.buckets()
      await on.reopen()
      expect(on.store.buckets()).toEqual(before)
    })

    test('are made once', async () => {
      expectRefusal(await on.store.createBucket('lab', 'jdoe'), 'BucketAlreadyOwnedByYou')
      expectRefusal(await on.store.createBucket('lab', 'asmith'), 'BucketAlreadyExists')
    })

    test.each(['ab', 'Upper', 'a_b', '-ab', 'ab-', 'a..b', '10.0.0.1', '../x', 'a'.repeat(64), 'xn--a', ''])(
      'may not be called %j',
      async (name) => {
        expectRefusal(await on.store.createBucket(name, 'jdoe'), 'InvalidBucketName')
      },
    )

    test('are removed when they are empty', async () => {
      await on.put('deep/in/it', 'x')
      expectRefusal(await on.store.deleteBucket('lab'), 'BucketNotEmpty')
      await on.store.delete(lab('deep/in/it'))
      const upload = await on.begun('b')
      expectRefusal(await on.store.deleteBucket('lab'), 'BucketNotEmpty')
      await on.store.abortUpload(upload)
      expect(await on.store.deleteBucket('lab')).toBeUndefined()
      expectRefusal(await on.store.deleteBucket('lab'), 'NoSuchBucket')
      expect(on.store.buckets()).toEqual([])
    })

    test('lose what was in them when they are made again', async () => {
      await on.put('a', 'x', { tags: { old: 'yes' } })
      await on.store.delete(lab('a'))
      await on.store.deleteBucket('lab')
      wanted(await on.store.createBucket('lab', 'asmith'))
      expect(await on.keys()).toEqual([])
      expect(on.store.bucket('lab')?.owner).toBe('asmith')
    })

    test('that are not there are refused by every call', async () => {
      const none = { bucket: 'none', key: 'a' }
      expectRefusal(await on.store.head(none), 'NoSuchBucket', { BucketName: 'none' })
      expectRefusal(await on.store.open(none), 'NoSuchBucket')
      expectRefusal(await on.store.delete(none), 'NoSuchBucket')
      expectRefusal(await on.store.setTags(none, {}), 'NoSuchBucket')
      expectRefusal(await on.store.list('none', { prefix: '', delimiter: '', after: '', limit: 1 }), 'NoSuchBucket')
      expectRefusal(await on.store.copy(none, lab('a'), {}), 'NoSuchBucket')
      expectRefusal(await on.store.abortUpload({ ...none, uploadId: '0' }), 'NoSuchBucket')
    })
  })
}
