import { describe, expect, test } from 'vitest'
import type { BucketSettings } from '../bucket-settings.ts'
import { expectRefusal, type StoreCase, wanted } from './store-case.contract.ts'

const all: BucketSettings = {
  versioning: 'Suspended',
  lifecycle: [{ id: 'a', isEnabled: true, filter: { prefix: 'ü/' }, form: 'filter', abortUploadDays: 1 }],
  cors: [{ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] }],
  policy: '{"Version": "2012-10-17"}',
  tags: { lab: 'Zürich' },
}

export function settingsCases(on: StoreCase): void {
  describe('settings of a bucket', () => {
    test('are none at first', () => {
      expect(on.store.settings('lab')).toEqual({})
      expect(on.store.settings('none')).toEqual({})
    })

    test('stay when the store is opened again', async () => {
      expect(await on.store.changeSettings('lab', all)).toBeUndefined()
      expect(on.store.settings('lab')).toEqual(all)
      await on.reopen()
      expect(on.store.settings('lab')).toEqual(all)
    })

    test('change one by one', async () => {
      const { policy: _, ...others } = all
      await on.store.changeSettings('lab', all)
      await on.store.changeSettings('lab', { policy: undefined })
      expect(on.store.settings('lab')).toEqual(others)
      await on.store.changeSettings('lab', { versioning: 'Enabled' })
      expect(on.store.settings('lab')).toEqual({ ...others, versioning: 'Enabled' })
    })

    test('keep all changes that are made at the same time', async () => {
      await Promise.all([
        on.store.changeSettings('lab', { tags: { a: '1' } }),
        on.store.changeSettings('lab', { policy: '{}' }),
        on.store.changeSettings('lab', { tags: { a: '2' } }),
      ])
      await on.reopen()
      expect(on.store.settings('lab')).toEqual({ tags: { a: '2' }, policy: '{}' })
    })

    test('are those of their own bucket', async () => {
      wanted(await on.store.createBucket('lab.json', 'jdoe'))
      await on.store.changeSettings('lab', { policy: '{}' })
      await on.store.changeSettings('lab.json', { versioning: 'Enabled' })
      expect(on.store.settings('lab')).toEqual({ policy: '{}' })
      expect(on.store.settings('lab.json')).toEqual({ versioning: 'Enabled' })
    })

    test('go with their bucket', async () => {
      await on.store.changeSettings('lab', all)
      await on.store.deleteBucket('lab')
      expect(on.store.settings('lab')).toEqual({})
      expectRefusal(await on.store.changeSettings('lab', all), 'NoSuchBucket')
      wanted(await on.store.createBucket('lab', 'asmith'))
      expect(on.store.settings('lab')).toEqual({})
      await on.reopen()
      expect(on.store.settings('lab')).toEqual({})
    })
  })
}
