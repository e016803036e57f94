/** Objects whose extended attributes say what their files cannot: other programs copy both. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bodyOf, plain, smallestPartBytes, wanted } from '../contract/store-case.contract.ts'
import { exerciseObjectStore } from '../object-store.contract.ts'
import type { ObjectFacts } from '../object-store.ts'
import { attributeCalls } from './attribute-calls.ts'
import { empty, FileStoreUnderTest } from './file-store.testing.ts'

const attributes = attributeCalls()!
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const canKeep = await keepsAttributes(inMemory)

/** Older kernels keep none in memory. */
async function keepsAttributes(directory: string): Promise<boolean> {
  const folder = mkdtempSync(join(directory, 'openbatch-attributes-'))
  try {
    writeFileSync(join(folder, 'file'), '')
    await attributes.setAttribute(join(folder, 'file'), 'user.openbatch', 'x')
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the package has the calls for this platform', () => {
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining(['getAttribute', 'setAttribute']))
})

describe('the object store on files with attributes', () => {
  let now = Date.now
  const files = new FileStoreUnderTest({ now: () => now(), smallestPartBytes, attributes })
  let opened: Promise<unknown> | undefined
  exerciseObjectStore({
    make: async (options) => {
      now = options.now
      opened ??= files.open()
      await opened
      return { store: files.store, reopen: () => files.reopen(), remove: () => empty(files.store) }
    },
  })
  afterAll(() => files.remove())
})

type Step =
  | { readonly kind: 'put'; readonly key: string; readonly text: string }
  | { readonly kind: 'tag'; readonly key: string; readonly run: string }
  | { readonly kind: 'copy'; readonly key: string; readonly to: string }
  | { readonly kind: 'edit'; readonly key: string; readonly timeOf: string }
  | { readonly kind: 'settle'; readonly key: string }

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

  test('has no entity tag of another content, whatever was copied, edited and said', { timeout: 120_000 }, async () => {
    const keys = fc.constantFrom('a', 'b', 'c')
    const step = fc.oneof<fc.Arbitrary<Step>[]>(
      fc.record({ kind: fc.constant('put' as const), key: keys, text: fc.constantFrom('ACGT', 'TTTT', 'AC') }),
      fc.record({ kind: fc.constant('tag' as const), key: keys, run: fc.constantFrom('1', '2') }),
      fc.record({ kind: fc.constant('copy' as const), key: keys, to: keys }),
      // With the size that it had, and the time of another.
      fc.record({ kind: fc.constant('edit' as const), key: keys, timeOf: keys }),
      fc.record({ kind: fc.constant('settle' as const), key: keys }),
    )
    const check = async () => {
      for (const key of ['a', 'b', 'c'].filter((name) => existsSync(at(name)))) {
        const { etag } = await head(key)
        if (!etag.endsWith('-0'))
          expect(etag).toBe(
            createHash('md5')
              .update(readFileSync(at(key)))
              .digest('hex'),
          )
      }
    }
    const run = async (one: Step) => {
      if (one.kind === 'put') wanted(await files.store.put(lab(one.key), bodyOf(one.text), described))
      if (!existsSync(at(one.key))) return
      // Within one step of its clock, an older kernel cannot show a change.
      if (one.kind === 'edit' || one.kind === 'copy') await new Promise((resolve) => setTimeout(resolve, 12))
      if (one.kind === 'tag') wanted(await files.store.setTags(lab(one.key), { run: one.run }))
      if (one.kind === 'copy' && one.to !== one.key) copy(one.key, one.to)
      if (one.kind === 'settle') await settled(one.key)
      if (one.kind === 'edit') {
        writeFileSync(at(one.key), 'G'.repeat(readFileSync(at(one.key)).length))
        if (existsSync(at(one.timeOf))) execFileSync('touch', ['-r', at(one.timeOf), at(one.key)])
      }
    }
    const steps = fc.array(step, { minLength: 4, maxLength: 14 })
    await fc.assert(
      fc.asyncProperty(steps, async (made) => {
        for (const one of made) {
          await run(one)
          await check()
        }
        await empty(files.store)
        wanted(await files.store.createBucket('lab', 'jdoe'))
      }),
      { numRuns: 15 },
    )
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
