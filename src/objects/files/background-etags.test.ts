/** Entity tags that cannot be kept. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { wanted } from '../contract/store-case.contract.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'
import { ObjectIndex } from './object-index.ts'

const warn = vi.fn()
const files = new FileStoreUnderTest({ log: { warn }, etags: { restMs: 0 } })
afterAll(() => files.remove())

test('a tag that cannot be kept is tried again only when somebody looks', async () => {
  const store = await files.open()
  wanted(await store.createBucket('lab', 'jdoe'))
  writeFileSync(join(files.root, 'lab/a'), 'hello')
  const commit = vi.spyOn(ObjectIndex.prototype, 'commit').mockRejectedValue(new Error('the disk is full'))
  const head = () => store.head({ bucket: 'lab', key: 'a' })
  const { etag } = wanted(await head())
  await store.etagsKnown()
  expect(warn).toHaveBeenCalledTimes(1)
  expect(wanted(await head()).etag).toBe(etag)
  await store.etagsKnown()
  expect(warn).toHaveBeenCalledTimes(2)
  commit.mockRestore()
  await head()
  await store.etagsKnown()
  expect(wanted(await head()).etag).toBe('5d41402abc4b2a76b9719d911017c592')
})
