/** Other programs change the files of a bucket that keeps versions. */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { bodyOf, expectRefusal, plain, wanted } from '../contract/store-case.contract.ts'
import { empty, FileStoreUnderTest } from './file-store.testing.ts'

const files = new FileStoreUnderTest({ etags: { restMs: 20 } })
const lab = (key: string, versionId?: string) => ({ bucket: 'lab', key, ...(versionId && { versionId }) })
const at = (path: string) => join(files.root, 'lab', path)
const kept = (directory = '') => readdirSync(at(`.openbatch/versions/${directory}`)).sort()

beforeAll(() => files.open())
afterAll(() => files.remove())
beforeEach(async () => {
  wanted(await files.store.createBucket('lab', 'jdoe'))
  await files.store.changeSettings('lab', { versioning: 'Enabled' })
})
afterEach(() => empty(files.store))

async function put(key: string, text: string, metadata = {}): Promise<string> {
  return wanted(await files.store.put(lab(key), bodyOf(text), { ...plain, metadata })).facts.versionId!
}

async function read(key: string, versionId?: string): Promise<string> {
  const open = wanted(await files.store.open(lab(key, versionId)))
  const pieces: Uint8Array[] = []
  for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
  await open.close()
  return Buffer.concat(pieces).toString()
}

async function versions(limit = 1000): Promise<string[]> {
  const query = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit }
  const page = wanted(await files.store.listVersions('lab', query))
  return page.versions.map(
    ({ key, versionId, isLatest, isDeleteMarker }) =>
      `${key} ${versionId}${isDeleteMarker ? '!' : ''}${isLatest ? '*' : ''}`,
  )
}

/** Changes of the index that nobody waits for go with the next one that somebody waits for. */
async function settled(): Promise<void> {
  await put('other', '')
}

/** As editors do it: a new file, which is renamed. */
function replace(key: string, text: string): void {
  mkdirSync(dirname(at(key)), { recursive: true })
  writeFileSync(at('.new'), text)
  renameSync(at('.new'), at(key))
}

test('a version is a file whose name says the key and the time, and takes no space of its own', async () => {
  await put('runs/7/summary.txt', 'one')
  const [name = ''] = kept('runs/7')
  expect(name).toMatch(/^summary\.txt@\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{6}Z-[0-9a-z]{13}$/)
  expect(readFileSync(at(`.openbatch/versions/runs/7/${name}`), 'utf8')).toBe('one')
  await files.store.delete(lab('runs/7/summary.txt'))
  expect(kept('runs/7')[1]).toMatch(/-deleted$/)
})

test('a bucket without versioning keeps nothing', async () => {
  wanted(await files.store.createBucket('plain', 'jdoe'))
  wanted(await files.store.put({ bucket: 'plain', key: 'a' }, bodyOf('one'), plain))
  expect(existsSync(join(files.root, 'plain/.openbatch/versions'))).toBe(false)
})

test('a file that is replaced by hand leaves its version behind', async () => {
  const first = await put('a', 'one', { n: '1' })
  const before = wanted(await files.store.head(lab('a', first)))
  await settled()
  replace('a', 'by hand')
  expect(await versions()).toEqual(['a null*', `a ${first}`, expect.stringMatching(/^other /)])
  expect([await read('a'), await read('a', first), await read('a', 'null')]).toEqual(['by hand', 'one', 'by hand'])
  await files.store.etagsKnown()
  expect(wanted(await files.store.head(lab('a', first)))).toEqual(before)
  const second = await put('a', 'two')
  expect((await versions()).slice(0, 3)).toEqual([`a ${second}*`, 'a null', `a ${first}`])
  replace('a', 'by hand again')
  expect((await versions()).slice(0, 3)).toEqual(['a null*', `a ${second}`, `a ${first}`])
  expect(await read('a', 'null')).toBe('by hand again')
})

test('a file that is removed by hand leaves its versions behind, and no latest one', async () => {
  const first = await put('d/a', 'one')
  const second = await put('d/a', 'two')
  rmSync(at('d'), { recursive: true })
  expectRefusal(await files.store.head(lab('d/a')), 'NoSuchKey')
  expect(await versions()).toEqual([`d/a ${second}`, `d/a ${first}`])
  wanted(await files.store.copy(lab('d/a', first), lab('d/a'), {}))
  expect(await read('d/a')).toBe('one')
  expect(await versions()).toHaveLength(3)
})

test('a file that is written into changes its version, and no wrong entity tag is given', async () => {
  const first = await put('a', 'one')
  writeFileSync(at('a'), 'changed')
  expect(await read('a', first)).toBe('changed')
  expect(wanted(await files.store.head(lab('a', first))).etag).toMatch(/-0$/)
  expect(await versions()).toEqual([`a ${first}*`])
  const second = await put('a', 'two')
  expect(await versions()).toEqual([`a ${second}*`, `a ${first}`])
  expect(await read('a', first)).toBe('changed')
})

test('a file that is put over a delete marker is the latest version', async () => {
  const first = await put('a', 'one')
  const { versionId: marker } = wanted(await files.store.delete(lab('a')))
  replace('a', 'by hand')
  expect(await versions()).toEqual(['a null*', `a ${marker}!`, `a ${first}`])
  expect(wanted(await files.store.delete(lab('a', marker)))).toMatchObject({ existed: true })
  expect(await read('a')).toBe('by hand')
})

test('a file that is moved by hand is the null version of its new key', async () => {
  const first = await put('a', 'one')
  renameSync(at('a'), at('b'))
  expect(await versions()).toEqual([`a ${first}`, 'b null*'])
  linkSync(at('b'), at('c'))
  const second = await put('b', 'two')
  expect(await versions()).toEqual([`a ${first}`, `b ${second}*`, 'b null', 'c null*'])
  expect([await read('b', 'null'), await read('c')]).toEqual(['one', 'one'])
})

test('a version whose file is removed is gone', async () => {
  const first = await put('a', 'one')
  const second = await put('a', 'two')
  rmSync(at(`.openbatch/versions/${kept()[0]}`))
  expect(await versions()).toEqual([`a ${second}*`])
  expectRefusal(await files.store.head(lab('a', first)), 'NoSuchVersion')
  wanted(await files.store.delete(lab('a', second)))
  expect(await versions()).toEqual([])
})

test('the listing is the same when the index was lost', async () => {
  await files.store.changeSettings('lab', { versioning: undefined })
  await put('old', 'before')
  await files.store.changeSettings('lab', { versioning: 'Enabled' })
  for (const key of ['a', 'a/b', 'old', 'x//', 'ü'.repeat(200)]) {
    await put(key, 'one')
    await put(key, 'two')
  }
  await files.store.delete(lab('a'))
  replace('b', 'by hand')
  const before = [await versions(), await versions(3)]
  await files.store.close()
  for (const end of ['', '-wal', '-shm']) rmSync(join(files.folder, `objects.sqlite${end}`), { force: true })
  await files.open()
  expect([await versions(), await versions(3)]).toEqual(before)
  expect(await read('old', 'null')).toBe('before')
})

test('other files among the versions are left alone, and keep their bucket', async () => {
  const first = await put('a', 'one')
  writeFileSync(at('.openbatch/versions/notes'), 'mine')
  writeFileSync(at('.openbatch/versions/a@2026-11-27T10.49.24.123004Z-short'), 'mine')
  expect(await versions()).toEqual([`a ${first}*`])
  wanted(await files.store.delete(lab('a', first)))
  expectRefusal(await files.store.deleteBucket('lab'), 'BucketNotEmpty')
  expect(kept()).toHaveLength(2)
  for (const name of kept()) rmSync(at(`.openbatch/versions/${name}`))
})

test('a key that is below a version in the directory of versions is refused', async () => {
  await put('a', 'one')
  const [name] = kept()
  expectRefusal(await files.store.put(lab(`${name}/b`), bodyOf('x'), plain), 'InvalidArgument')
  expect(await versions()).toHaveLength(1)
})
