/** Objects whose extended attributes say what their files cannot: other programs copy both. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bodyOf, plain, smallestPartBytes, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFacts } from '../object-store.ts'
import { attributeCalls } from './attribute-calls.ts'
import { FileStoreUnderTest, keepsAttributes } from './file-store.testing.ts'

const attributes = attributeCalls()!
const canKeep = await keepsAttributes()

test('the package has the calls for this platform', () => {
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining(['getAttribute', 'setAttribute']))
})

describe.runIf(canKeep)('a copy', () => {
  let files: FileStoreUnderTest
  const lab = (key: string) => ({ bucket: 'lab', key })
  const at = (path: string) => join(files.root, 'lab', path)
  const copy = (from: string, to: string) => execFileSync('cp', ['-a', at(from), at(to)])
  const head = async (key: string) => wanted(await files.store.head(lab(key))) as ObjectFacts
  const described = { ...plain, headers: { contentType: 'text/x-genome' }, metadata: { n: '1' }, tags: { run: '7' } }
  beforeEach(async () => {
    files = new FileStoreUnderTest({ etags: { restMs: 20 }, smallestPartBytes, attributes })
    await files.open()
    wanted(await files.store.createBucket('lab', 'jdoe'))
  })
  afterEach(() => files.remove())

  /** When its file was read. */
  async function settled(key: string): Promise<ObjectFacts> {
    await head(key)
    await files.store.etagsKnown()
    return head(key)
  }

  test('has what was said of the object at once, and its entity tag and checksum once it was read', async () => {
    wanted(await files.store.put(lab('a'), bodyOf('ACGT'), { ...described, checksum: 'CRC32' }))
    const { key: _, ...facts } = await head('a')
    copy('a', 'b')
    const { etag, checksum, ...others } = await head('b')
    expect(others).toMatchObject({ ...described, size: 4 })
    expect([etag, checksum]).toEqual([expect.stringMatching(/-0$/), undefined])
    expect(await settled('b')).toEqual({ ...facts, key: 'b' })
    // Below another directory, and in the place of another object.
    mkdirSync(at('c/d'), { recursive: true })
    copy('a', 'c/d/e')
    expect(await settled('c/d/e')).toEqual({ ...facts, key: 'c/d/e' })
    wanted(await files.store.put(lab('f'), bodyOf('other'), plain))
    copy('a', 'f')
    expect(await settled('f')).toEqual({ ...facts, key: 'f' })
  })

  test('of an object in parts has its parts', async () => {
    const upload = wanted(await files.store.createUpload(lab('a'), { ...described, owner: 'jdoe' }))
    const pieces = ['x'.repeat(smallestPartBytes), 'end']
    const parts = []
    for (const [index, text] of pieces.entries())
      parts.push(wanted(await files.store.putPart(upload, index + 1, bodyOf(text), {})))
    wanted(await files.store.completeUpload(upload, { parts }))
    copy('a', 'b')
    const { key: _, ...facts } = await head('a')
    expect(facts.etag).toMatch(/-2$/)
    expect(await settled('b')).toEqual({ ...facts, key: 'b' })
  })

  test('has the tags that were set last', async () => {
    wanted(await files.store.put(lab('a'), bodyOf('ACGT'), described))
    const { etag } = await head('a')
    wanted(await files.store.setTags(lab('a'), { run: '8' }))
    // Its own tag is the same all the time: nobody has to read the file again.
    expect(await head('a')).toMatchObject({ etag, tags: { run: '8' } })
    copy('a', 'b')
    expect(await head('b')).toMatchObject({ tags: { run: '8' } })
    wanted(await files.store.setTags(lab('b'), { run: '9' }))
    expect(await settled('b')).toMatchObject({ ...described, etag, tags: { run: '9' } })
    copy('b', 'c')
    expect(await head('c')).toMatchObject({ ...described, tags: { run: '9' } })
  })

  test('that somebody has edited is another object', async () => {
    wanted(await files.store.put(lab('a'), bodyOf('ACGT'), described))
    copy('a', 'b')
    writeFileSync(at('b'), 'edited')
    expect(await head('b')).toMatchObject({ ...plain, size: 6 })
    copy('a', 'c')
    writeFileSync(at('c'), 'TTTT')
    execFileSync('touch', ['-r', at('a'), at('c')])
    // Size and time are as before. Only who reads it notices.
    expect((await head('c')).etag).toMatch(/-0$/)
    expect(await settled('c')).toMatchObject({ ...plain, etag: createHash('md5').update('TTTT').digest('hex') })
  })

  test('an index that is lost takes nothing of what the attributes say', async () => {
    wanted(await files.store.put(lab('a'), bodyOf('ACGT'), { ...described, checksum: 'SHA256' }))
    const before = await head('a')
    await files.store.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(files.folder, `objects.sqlite${suffix}`), { force: true })
    await files.open()
    expect(await settled('a')).toEqual(before)
  })
})
