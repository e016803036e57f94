/** Parts that come while their upload is being completed. */
import { afterAll, expect, test } from 'vitest'
import { bodyOf, plain, smallestPartBytes, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

let passed: (name: ObjectFailpoint) => void = () => {}
const files = new FileStoreUnderTest({ smallestPartBytes, pass: (name) => passed(name) })
afterAll(() => files.remove())

test('a part that comes during a Complete does not get into the object', async () => {
  const store = await files.open()
  wanted(await store.createBucket('lab', 'jdoe'))
  const upload = wanted(await store.createUpload({ bucket: 'lab', key: 'a' }, { ...plain, owner: 'jdoe' }))
  const put = (number: number) =>
    store.putPart(upload, number, bodyOf(`${number}`.repeat(6)), { expected: { size: 6 } })
  const parts = [wanted(await put(1)), wanted(await put(2))]
  let late: Promise<unknown> | undefined
  passed = (name) => {
    if (name === 'upload-joined') late = put(3)
  }
  const { facts } = wanted(await store.completeUpload(upload, { parts }))
  await late
  expect(await store.head(upload)).toEqual(facts)
  expect(facts.size).toBe(12)
})
