/** Other programs read, write and break the files of a bucket. */
import { execFileSync } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ContentChanged } from '../content-changed.ts'
import { bodyOf, expectRefusal, plain, wanted } from '../contract/store-case.contract.ts'
import type { ObjectFacts } from '../object-store.ts'
import { clockMoved, empty, FileStoreUnderTest } from './file-store.testing.ts'

const files = new FileStoreUnderTest({ etags: { restMs: 20 } })
const lab = (key: string) => ({ bucket: 'lab', key })
const at = (path: string) => join(files.root, 'lab', path)
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

beforeAll(() => files.open())
afterAll(() => files.remove())
beforeEach(async () => {
  wanted(await files.store.createBucket('lab', 'jdoe'))
})
afterEach(async () => {
  for (const name of readdirSync(at(''))) if (name !== '.openbatch') rmSync(at(name), { recursive: true })
  await empty(files.store)
})

async function head(key: string): Promise<ObjectFacts> {
  return wanted(await files.store.head(lab(key)))
}

async function put(key: string, text: string, metadata = {}): Promise<ObjectFacts> {
  return wanted(await files.store.put(lab(key), bodyOf(text), { ...plain, metadata })).facts
}

/** Changes of the index that nobody waits for go with the next one that somebody waits for. */
async function settled(): Promise<void> {
  await put('other', '')
}

async function keys(prefix = ''): Promise<string[]> {
  const page = wanted(await files.store.list('lab', { prefix, delimiter: '', after: '', limit: 1000 }))
  return page.objects.map(({ key }) => key)
}

test('a file that another program put there is an object', async () => {
  mkdirSync(at('runs/one'), { recursive: true })
  writeFileSync(at('runs/one/a.bam'), 'hello')
  const first = await head('runs/one/a.bam')
  expect(first).toMatchObject({ size: 5, metadata: {}, headers: {} })
  expect(first.etag).toMatch(/^[0-9a-f]{32}-0$/)
  expect((await head('runs/one/a.bam')).etag).toBe(first.etag)
  expect(await keys()).toEqual(['runs/one/a.bam'])
  await files.store.etagsKnown()
  expect((await head('runs/one/a.bam')).etag).toBe(md5('hello'))
  // A download that began with the first tag goes on.
  expect(await files.store.head(lab('runs/one/a.bam'), { ifMatch: [first.etag] })).toMatchObject({ size: 5 })
})

test('a file that another program edits loses what was said of it', async () => {
  const before = await put('a', 'hello', { of: 'hello' })
  writeFileSync(at('a'), 'jello')
  const after = await head('a')
  expect(after).toMatchObject({ size: 5, metadata: {} })
  expect(after.etag).not.toBe(before.etag)
  await files.store.etagsKnown()
  expect((await head('a')).etag).toBe(md5('jello'))
})

test('a file that was only touched keeps what was said of it', async () => {
  const before = await put('a', 'hello', { of: 'hello' })
  await settled()
  chmodSync(at('a'), 0o600)
  expect((await head('a')).metadata).toEqual({ of: 'hello' })
  await files.store.etagsKnown()
  expect(await head('a')).toEqual(before)
})

test('an object in parts that was only touched keeps its entity tag', async () => {
  const upload = wanted(await files.store.createUpload(lab('a'), { ...plain, owner: 'jdoe' }))
  const part = wanted(await files.store.putPart(upload, 1, bodyOf('x'.repeat(5 * 1024 * 1024)), {}))
  const last = wanted(await files.store.putPart(upload, 2, bodyOf('y'), {}))
  const { facts } = wanted(await files.store.completeUpload(upload, { parts: [part, last] }))
  await settled()
  chmodSync(at('a'), 0o600)
  expect((await head('a')).etag).toMatch(/-0$/)
  await files.store.etagsKnown()
  expect(await head('a')).toEqual(facts)
})

test('parts of one size become the file of the object without a copy', async () => {
  const upload = wanted(await files.store.createUpload(lab('a'), { ...plain, owner: 'jdoe' }))
  const size = 5 * 1024 * 1024
  const part = (number: number, bytes: number) =>
    files.store.putPart(upload, number, bodyOf(`${number}`.repeat(bytes)), { expected: { size: bytes } })
  const parts = (await Promise.all([part(2, size), part(1, size), part(3, 7)])).map(wanted)
  const { ino } = statSync(at(`.openbatch/uploads/${upload.uploadId}/joined`))
  parts.sort((a, b) => a.number - b.number)
  const { facts } = wanted(await files.store.completeUpload(upload, { parts }))
  expect(statSync(at('a')).ino).toBe(ino)
  expect(readFileSync(at('a'), 'utf8')).toBe(`${'1'.repeat(size)}${'2'.repeat(size)}3333333`)
  expect(await head('a')).toEqual(facts)
  expect(readdirSync(at('.openbatch/uploads'))).toEqual([])
})

test('no edit leaves a wrong entity tag, even if it sets the time back', async () => {
  const edit = fc.record({
    how: fc.constantFrom('overwrite', 'replace', 'set time back', 'put', 'chmod', 'look'),
    text: fc.constantFrom('aaaa', 'bbbb', 'cc', 'aaaa '),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 8 }), async (edits) => {
      for (const { how, text } of edits) {
        const before = statSync(at('e'), { throwIfNoEntry: false })
        if (how === 'put') await put('e', text)
        else if (how === 'chmod') before && chmodSync(at('e'), 0o600 + randomInt(0o77))
        else if (how === 'look') await files.store.head(lab('e'))
        else if (how === 'replace') {
          writeFileSync(at('other'), text)
          renameSync(at('other'), at('e'))
        } else {
          // Within one step of its clock, a file system cannot show a change.
          await new Promise((resolve) => setTimeout(resolve, 12))
          writeFileSync(at('e'), text)
          if (how === 'set time back' && before) utimesSync(at('e'), before.atime, before.mtime)
        }
        const found = await files.store.head(lab('e'))
        if ('etag' in found && !found.etag.endsWith('-0')) expect(found.etag).toBe(md5(readFileSync(at('e'), 'utf8')))
      }
      await files.store.etagsKnown()
      if (existsSync(at('e'))) expect((await head('e')).etag).toBe(md5(readFileSync(at('e'), 'utf8')))
    }),
    { numRuns: 12 },
  )
})

test('an edit right after an upload is noticed, even if it sets the time back', async () => {
  const before = await put('a', 'ACGT')
  const { mtimeNs } = statSync(at('a'), { bigint: true })
  await clockMoved(files.folder)
  writeFileSync(at('a'), 'TGCA')
  // Whole nanoseconds, which utimes() cannot set.
  execFileSync('touch', [
    '-d',
    `@${mtimeNs / 1_000_000_000n}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}`,
    at('a'),
  ])
  expect(statSync(at('a'), { bigint: true }).mtimeNs).toBe(mtimeNs)
  expect((await head('a')).etag).not.toBe(before.etag)
  await files.store.etagsKnown()
  expect((await head('a')).etag).toBe(md5('TGCA'))
})

test('what is read while another program writes to the file is not given as a whole', async () => {
  await put('a', 'x'.repeat(600_000))
  const open = wanted(await files.store.open(lab('a')))
  const reading = open.read()[Symbol.asyncIterator]()
  await reading.next()
  writeFileSync(at('a'), 'y', { flag: 'r+' })
  await expect(
    (async () => {
      while (!(await reading.next()).done);
    })(),
  ).rejects.toThrow(ContentChanged)
  await open.close()
})

test('what is read while a client writes another object is the first one', async () => {
  await put('a', 'x'.repeat(600_000))
  const open = wanted(await files.store.open(lab('a')))
  await put('a', 'y')
  let bytes = 0
  for await (const piece of open.read()) bytes += piece.length
  await open.close()
  expect(bytes).toBe(600_000)
})

test('an index that is lost takes only what files cannot say', async () => {
  for (const key of ['a', 'a/b', 'c//d', '../e']) await put(key, key, { of: key })
  const before = await keys()
  await files.store.close()
  for (const end of ['', '-wal', '-shm']) rmSync(join(files.folder, `objects.sqlite${end}`), { force: true })
  await files.open()
  expect(await keys()).toEqual(before)
  expect(await head('a')).toMatchObject({ size: 1, metadata: {} })
  expect(files.store.bucket('lab')?.owner).toBe('')
})

test('symbolic links are neither read, listed, written through nor removed', async () => {
  const outside = join(files.folder, 'outside')
  mkdirSync(outside, { recursive: true })
  writeFileSync(join(outside, 'secret'), 'secret')
  symlinkSync(outside, at('dir'))
  symlinkSync(join(outside, 'secret'), at('file'))
  mkdirSync(at('real'))
  symlinkSync(outside, at('real/dir'))
  for (const key of ['dir/secret', 'file', 'real/dir/secret']) {
    expectRefusal(await files.store.head(lab(key)), 'NoSuchKey')
    expectRefusal(await files.store.open(lab(key)), 'NoSuchKey')
    expectRefusal(await files.store.copy(lab(key), lab('copy'), {}), 'NoSuchKey')
    expectRefusal(await files.store.setTags(lab(key), {}), 'NoSuchKey')
    expect(await files.store.delete(lab(key))).toEqual({ existed: false })
  }
  for (const key of ['dir/new', 'file', 'file/below', 'real/dir/new', 'real/dir/deep/new'])
    expectRefusal(await files.store.put(lab(key), bodyOf('x'), plain), 'InvalidArgument')
  expect(await keys()).toEqual([])
  expect(await keys('dir/')).toEqual([])
  const folded = wanted(await files.store.list('lab', { prefix: '', delimiter: '/', after: '', limit: 10 }))
  expect(folded.commonPrefixes).toEqual([])
  expect(readdirSync(outside)).toEqual(['secret'])
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
  expect(readdirSync(at('.openbatch/new'))).toEqual([])
})

test('pipes and sockets are no objects', async () => {
  execFileSync('mkfifo', [at('pipe')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
  for (const key of ['pipe', 'socket']) {
    expectRefusal(await files.store.open(lab(key)), 'NoSuchKey')
    expectRefusal(await files.store.put(lab(key), bodyOf('x'), plain), 'InvalidArgument')
  }
  expect(await keys()).toEqual([])
  await new Promise((resolve) => server.close(resolve))
})

test('the directory of unfinished files is closed', async () => {
  const upload = wanted(await files.store.createUpload(lab('a'), { ...plain, owner: 'jdoe' }))
  wanted(await files.store.putPart(upload, 1, bodyOf('x'), {}))
  expect(await keys('.openbatch/')).toEqual([])
  expect(await keys('.open')).toEqual([])
  expect(statSync(at('.openbatch')).mode & 0o777).toBe(0o700)
  expect(statSync(files.root).mode & 0o777).toBe(0o700)
  for (const end of ['', '-wal', '-shm'])
    expect(statSync(join(files.folder, `objects.sqlite${end}`)).mode & 0o777).toBe(0o600)
})

test('empty directories are not listed, and a bucket of them is empty', async () => {
  mkdirSync(at('x/y/z'), { recursive: true })
  const page = await files.store.list('lab', { prefix: '', delimiter: '/', after: '', limit: 10 })
  expect(page).toMatchObject({ objects: [], commonPrefixes: [] })
  expect(await files.store.deleteBucket('lab')).toBeUndefined()
  expect(existsSync(at(''))).toBe(false)
  wanted(await files.store.createBucket('lab', 'jdoe'))
})

test('a file whose name is of no key is no object', async () => {
  writeFileSync(at('%object'), 'x')
  writeFileSync(at('%empty'), 'x')
  mkdirSync(at('short%more'))
  writeFileSync(at('short%more/rest'), 'x')
  writeFileSync(Buffer.concat([Buffer.from(at('')), Buffer.from([0x2f, 0xff, 0xfe])]), 'x')
  writeFileSync(at('fine'), 'x')
  expect(await keys()).toEqual(['fine'])
  rmSync(Buffer.concat([Buffer.from(at('')), Buffer.from([0x2f, 0xff, 0xfe])]))
})

test('a directory that is served read-only is only read', async () => {
  const directory = join(files.folder, 'served')
  mkdirSync(join(directory, 'sub'), { recursive: true })
  writeFileSync(join(directory, 'sub/a'), 'hello')
  const other = new FileStoreUnderTest({
    served: [{ name: 'reads', directory, owner: 'admin', readOnly: true }],
    etags: { restMs: 20 },
  })
  try {
    const store = await other.open()
    expect(store.bucket('reads')).toMatchObject({ name: 'reads', owner: 'admin', readOnly: true })
    const of = { bucket: 'reads', key: 'sub/a' }
    expect(await store.head(of)).toMatchObject({ size: 5 })
    expectRefusal(await store.put(of, bodyOf('x'), plain), 'MethodNotAllowed')
    expectRefusal(await store.delete(of), 'MethodNotAllowed')
    expectRefusal(await store.setTags(of, {}), 'MethodNotAllowed')
    expectRefusal(await store.createUpload(of, { ...plain, owner: 'x' }), 'MethodNotAllowed')
    expectRefusal(await store.deleteBucket('reads'), 'MethodNotAllowed')
    expect(readdirSync(directory)).toEqual(['sub'])
    await store.etagsKnown()
    expect(await store.head(of)).toMatchObject({ etag: md5('hello') })
  } finally {
    await other.remove()
  }
})

test('a full disk is refused', async () => {
  const other = new FileStoreUnderTest({ leastFreeBytes: Number.MAX_SAFE_INTEGER })
  try {
    const store = await other.open()
    wanted(await store.createBucket('full', 'jdoe'))
    expectRefusal(await store.put({ bucket: 'full', key: 'a' }, bodyOf('x'), plain), 'InsufficientStorage')
  } finally {
    await other.remove()
  }
})
