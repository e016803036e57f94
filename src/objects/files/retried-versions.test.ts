/** The directory of a key goes while a version of the key is written, and the write begins again. */
import { rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bodyOf, plain, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

let passed: (name: ObjectFailpoint) => void = () => {}
const files = new FileStoreUnderTest({ pass: (name) => passed(name) })
afterAll(() => files.remove())

test('a version that takes its place at the second try keeps what was said of it', async () => {
  const store = await files.open()
  wanted(await store.createBucket('lab', 'jdoe'))
  await store.changeSettings('lab', { versioning: 'Enabled' })
  let tries = 0
  passed = (name) => {
    if (name === 'version-noted' && ++tries === 1) rmdirSync(join(files.root, 'lab/dir'))
  }
  const of = { bucket: 'lab', key: 'dir/x' }
  const description = { ...plain, headers: { contentType: 'text/x-genome' }, metadata: { n: '1' }, tags: { run: '7' } }
  const { facts } = wanted(await store.put(of, bodyOf('ACGT'), description))
  expect(tries).toBe(2)
  // Changes of the index that nobody waits for go with the next one that somebody waits for.
  wanted(await store.put({ ...of, key: 'other' }, bodyOf(''), plain))
  expect(await store.head(of)).toEqual(facts)
  expect(facts).toMatchObject(description)
  const query = { prefix: 'dir/', delimiter: '', afterKey: '', afterVersionId: '', limit: 9 }
  expect(wanted(await store.listVersions('lab', query)).versions).toMatchObject([{ versionId: facts.versionId }])
})
