import { expect, test } from 'vitest'
import { MemoryObjectStore } from './memory-object-store.testing.ts'

test('a key is put and found', async () => {
  const store = new MemoryObjectStore()
  await store.createBucket('lab', 'jdoe')
  const body = (async function* () {
    yield Buffer.from('reads')
  })()
  await store.put({ bucket: 'lab', key: 'a/b' }, body, { headers: {}, metadata: {}, tags: {} })
  expect(await store.head({ bucket: 'lab', key: 'a/b' })).toMatchObject({ size: 5 })
})
