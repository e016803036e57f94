/** A server that dies between two writes leaves the row of a null delete marker that has no file. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bodyOf, plain, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

const lab = (versionId?: string) => ({ bucket: 'lab', key: 'a', ...(versionId && { versionId }) })

let files: FileStoreUnderTest
let failing: ObjectFailpoint | undefined
beforeEach(async () => {
  failing = undefined
  files = new FileStoreUnderTest({
    pass: (name) => {
      if (name === failing) throw new Error('the disk is full')
    },
  })
  await files.open()
  wanted(await files.store.createBucket('lab', 'jdoe'))
})
afterEach(() => files.remove())

async function put(text: string): Promise<string> {
  return wanted(await files.store.put(lab(), bodyOf(text), plain)).facts.versionId ?? 'null'
}

async function listed(after = ''): Promise<string[]> {
  const query = { prefix: '', delimiter: '', afterKey: after && 'a', afterVersionId: after, limit: 1000 }
  return wanted(await files.store.listVersions('lab', query)).versions.map(({ versionId }) => versionId)
}

/** A kept null version below two others. */
async function keptNull(): Promise<readonly [first: string, second: string]> {
  await put('before')
  await files.store.changeSettings('lab', { versioning: 'Enabled' })
  return [await put('one'), await put('two')]
}

/** The row is durable, and the file is not made yet. */
async function dieWithRow(): Promise<void> {
  await files.store.close()
  const index = new Database(join(files.folder, 'objects.sqlite'))
  const { changes } = index
    .prepare(`INSERT INTO version SELECT bucket, key, max(ord) + 2, 'null', 1, '' FROM version WHERE key = 'a'`)
    .run()
  index.close()
  expect(changes).toBe(1)
  await files.open()
}

test('the null version below is read and listed, and stays when the object is written again', async () => {
  const [first, second] = await keptNull()
  await dieWithRow()
  expect(wanted(await files.store.head(lab('null')))).toMatchObject({ size: 6, versionId: 'null' })
  expect(await listed()).toEqual([second, first, 'null'])
  expect(await listed(second)).toEqual([first, 'null'])
  expect(await listed('null')).toEqual([])
  const third = await put('three')
  expect(await listed()).toEqual([third, second, first, 'null'])
  expect(wanted(await files.store.head(lab('null')))).toMatchObject({ size: 6 })
})

test('the null version below takes the place of those that are removed', async () => {
  const [first, second] = await keptNull()
  await dieWithRow()
  wanted(await files.store.delete(lab(second)))
  wanted(await files.store.delete(lab(first)))
  expect(wanted(await files.store.head(lab()))).toMatchObject({ size: 6, versionId: 'null' })
  expect(await listed()).toEqual(['null'])
})

test('a delete that fails leaves the object and the null version below', async () => {
  const [first, second] = await keptNull()
  await files.store.changeSettings('lab', { versioning: 'Suspended' })
  failing = 'marker-written'
  await expect(files.store.delete(lab())).rejects.toThrow('the disk is full')
  failing = undefined
  await files.store.changeSettings('lab', { versioning: 'Enabled' })
  expect(wanted(await files.store.head(lab('null')))).toMatchObject({ size: 6 })
  const third = await put('three')
  expect(await listed()).toEqual([third, second, first, 'null'])
})
