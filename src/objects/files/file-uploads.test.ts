/** Uploads that are completed while parts come, or while the server fails. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bodyOf, plain, smallestPartBytes, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

let passed: (name: ObjectFailpoint) => void = () => {}
const files = new FileStoreUnderTest({ smallestPartBytes, pass: (name) => passed(name) })
beforeAll(async () => {
  wanted(await (await files.open()).createBucket('lab', 'jdoe'))
})
afterAll(() => files.remove())

test('a part that comes during a Complete does not get into the object', async () => {
  const { store } = files
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

test('a Complete that failed behind its place leaves the object as it is, and can be repeated', async () => {
  let { store } = files
  const fail = (at: ObjectFailpoint) => {
    passed = (name) => {
      if (name === at) throw new Error('the disk is broken')
    }
  }
  const of = { bucket: 'lab', key: 'failed' }
  const upload = wanted(await store.createUpload(of, { ...plain, metadata: { of: 'failed' }, owner: 'jdoe' }))
  const parts = [wanted(await store.putPart(upload, 1, bodyOf('parts'), { expected: { size: 5 } }))]
  for (const at of ['upload-placed', 'upload-joined'] as const) {
    fail(at)
    await expect(store.completeUpload(upload, { parts })).rejects.toThrow('the disk is broken')
    expect(await store.head(of)).toMatchObject({ metadata: { of: 'failed' }, etag: expect.stringMatching(/-1$/) })
  }
  passed = () => {}
  store = await files.reopen()
  const all = { prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 10 }
  expect(await store.listUploads('lab', all)).toMatchObject({ uploads: [] })
  const repeated = wanted(await store.completeUpload(upload, { parts, conditions: { ifNoneMatch: ['*'] } }))
  expect(await store.head(of)).toEqual(repeated.facts)
})
