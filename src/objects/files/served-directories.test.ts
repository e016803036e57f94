/** Directories of the operator's become buckets, and cease to be, while the store is open. */
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bodyOf, plain } from '../contract/store-case.contract.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

let files: FileStoreUnderTest
let directory: string
beforeEach(async () => {
  files = new FileStoreUnderTest()
  await files.open()
  directory = join(files.folder, 'served')
  mkdirSync(directory)
})
afterEach(() => files.remove())

test('a directory is served while the store is open, and what was said of its objects outlasts a pause', async () => {
  const one = { name: 'later', directory, owner: '', readOnly: false }
  expect(await files.store.serve(one)).toBeUndefined()
  expect(await files.store.serve(one)).toMatchObject({ code: 'BucketAlreadyOwnedByYou' })
  const of = { bucket: 'later', key: 'a' }
  const said = { ...plain, metadata: { n: '1' } }
  expect(await files.store.put(of, bodyOf('one'), said)).toHaveProperty('facts')
  expect(files.store.stopServing('later')).toBeUndefined()
  expect(files.store.stopServing('later')).toMatchObject({ code: 'NoSuchBucket' })
  expect(await files.store.head(of)).toMatchObject({ code: 'NoSuchBucket' })
  expect(await files.store.serve({ ...one, readOnly: true })).toBeUndefined()
  expect(await files.store.head(of)).toMatchObject({ metadata: { n: '1' } })
  expect(await files.store.put(of, bodyOf('two'), said)).toMatchObject({ code: 'MethodNotAllowed' })
})

test('a write that is under way when its bucket is no longer served does not become an object', async () => {
  await files.store.serve({ name: 'later', directory, owner: '', readOnly: false })
  async function* body() {
    yield Buffer.from('half')
    expect(files.store.stopServing('later')).toBeUndefined()
    yield Buffer.from('whole')
  }
  const put = files.store.put({ bucket: 'later', key: 'a' }, body(), plain)
  expect(await put).toMatchObject({ code: 'OperationAborted' })
  expect(readdirSync(directory)).toEqual(['.openbatch'])
  expect(readdirSync(join(directory, '.openbatch', 'new'))).toEqual([])
})

test('a directory with 50,000 files is served in less than five seconds', { timeout: 60_000 }, async () => {
  for (let number = 0; number < 50_000; number++) closeSync(openSync(join(directory, `file-${number}`), 'w'))
  const startedAtMs = performance.now()
  expect(await files.store.serve({ name: 'large', directory, owner: '', readOnly: false })).toBeUndefined()
  expect(performance.now() - startedAtMs).toBeLessThan(5000)
  expect(await files.store.head({ bucket: 'large', key: 'file-49999' })).toMatchObject({ size: 0 })
})
