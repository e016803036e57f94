import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bodyOf, expectRefusal, lab, plain, type StoreCase, wanted } from './store-case.contract.ts'

const described = {
  headers: {
    contentType: 'text/plain',
    cacheControl: 'no-store',
    contentDisposition: 'attachment',
    contentEncoding: 'gzip',
    contentLanguage: 'de',
    expires: 'Thu, 01 Dec 2026 16:00:00 GMT',
  },
  metadata: { sample: 'zwölf' },
  tags: { project: 'x y' },
}

export function objectCases(on: StoreCase): void {
  describe('objects', () => {
    test('are read as they were put', async () => {
      const stored = await on.put('reads/a.fq', 'GATTACA', described)
      expect(stored).toMatchObject({ key: 'reads/a.fq', size: 7, ...described })
      expect(await on.head('reads/a.fq')).toEqual(stored)
      expect(await on.read('reads/a.fq')).toBe('GATTACA')
      await on.reopen()
      expect(await on.head('reads/a.fq')).toEqual(stored)
    })

    test('have the MD5 of their content as entity tag', async () => {
      expect((await on.put('a', 'hello')).etag).toBe('5d41402abc4b2a76b9719d911017c592')
      expect((await on.put('empty', '')).etag).toBe('d41d8cd98f00b204e9800998ecf8427e')
      expect(await on.read('empty')).toBe('')
    })

    test('are read in ranges', async () => {
      await on.put('a', '0123456789')
      expect(await on.read('a', { first: 0, last: 0 })).toBe('0')
      expect(await on.read('a', { first: 3, last: 6 })).toBe('3456')
      expect(await on.read('a', { first: 9, last: 9 })).toBe('9')
    })

    test('are replaced whole, with what was said of them', async () => {
      await on.put('a', 'first', described)
      await on.put('a', 'second, longer', { metadata: { other: '1' } })
      expect(await on.read('a')).toBe('second, longer')
      expect(await on.head('a')).toMatchObject({ headers: {}, metadata: { other: '1' }, tags: {} })
    })

    test('stay readable while they are replaced and deleted', async () => {
      await on.put('a', 'before')
      const open = wanted(await on.store.open(lab('a')))
      await on.put('a', 'after!')
      await on.store.delete(lab('a'))
      const pieces: Uint8Array[] = []
      for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
      await open.close()
      expect(Buffer.concat(pieces).toString()).toBe('before')
      expect(open.facts.size).toBe(6)
    })

    test('are not stored when the body breaks off', async () => {
      await on.put('a', 'old')
      const broken = (async function* () {
        yield Buffer.from('half')
        throw new Error('connection lost')
      })()
      await expect(on.store.put(lab('a'), broken, plain)).rejects.toThrow('connection lost')
      expect(await on.read('a')).toBe('old')
      expect(await on.keys()).toEqual(['a'])
    })

    test('of simultaneous writers are one of theirs', async () => {
      const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(1000 + at))
      await Promise.all(texts.map((text, at) => on.put('a', text, { metadata: { size: `${1000 + at}` } })))
      const read = await on.read('a')
      expect(texts).toContain(read)
      const { size, metadata } = await on.head('a')
      expect(size).toBe(read.length)
      expect(texts.find((text, at) => text === read && `${1000 + at}` === metadata.size)).toBeDefined()
    })

    test('are deleted, and deleting what is not there succeeds', async () => {
      await on.put('a/b/c', 'x')
      expect(await on.store.delete(lab('a/b/c'))).toEqual({ existed: true })
      expect(await on.store.delete(lab('a/b/c'))).toEqual({ existed: false })
      expectRefusal(await on.store.head(lab('a/b/c')), 'NoSuchKey', { Key: 'a/b/c' })
      expectRefusal(await on.store.open(lab('a/b/c')), 'NoSuchKey')
      expectRefusal(await on.store.head(lab('a/b')), 'NoSuchKey')
      expectRefusal(await on.store.head(lab('a/')), 'NoSuchKey')
      expect(await on.keys()).toEqual([])
    })

    test('get other tags, and stay as they are otherwise', async () => {
      const stored = await on.put('a', 'x', described)
      expect(await on.store.setTags(lab('a'), { stage: 'done' })).toEqual({})
      expect(await on.head('a')).toEqual({ ...stored, tags: { stage: 'done' } })
      await on.reopen()
      expect(await on.head('a')).toEqual({ ...stored, tags: { stage: 'done' } })
      expectRefusal(await on.store.setTags(lab('none'), {}), 'NoSuchKey')
    })

    test.each([
      ['eleven tags', { tags: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`${at}`, ''])) }, 'InvalidTag'],
      ['an empty name of a tag', { tags: { '': 'x' } }, 'InvalidTag'],
      ['a name of AWS', { tags: { 'aws:x': 'x' } }, 'InvalidTag'],
      ['a long tag', { tags: { x: 'x'.repeat(257) } }, 'InvalidTag'],
      ['a tag with a semicolon', { tags: { x: ';' } }, 'InvalidTag'],
      ['2 KiB of metadata', { metadata: { a: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
    ] as const)('are refused with %s', async (_, how, code) => {
      expectRefusal(await on.tryPut('a', 'x', how), code)
      if ('tags' in how) {
        await on.put('a', 'x')
        expectRefusal(await on.store.setTags(lab('a'), how.tags), code)
      }
    })

    test('are put one after the other in one directory and removed from it at the same time', async () => {
      await Promise.all(
        Array.from({ length: 60 }, async (_, at) => {
          await on.put(`d/e/${at % 7}`, 'x')
          await on.store.delete(lab(`d/e/${at % 7}`))
        }),
      )
      expect(await on.keys()).toEqual([])
      await on.put('d', 'x')
      expect(await on.keys()).toEqual(['d'])
    })

    test('that are long are what was put, whoever reads and writes them at the same time', async () => {
      const contents = Array.from({ length: 6 }, (_, at) => `${at} of many `.repeat(60_000 + at))
      const md5s = contents.map((text) => createHash('md5').update(text).digest('hex'))
      const crc = (text: string) => crc32(text).toString(16).padStart(8, '0')
      const put = await Promise.all(contents.map((text, at) => on.put(`${at}`, text, { checksum: 'CRC32' })))
      expect(put.map(({ etag }) => etag)).toEqual(md5s)
      expect(put.map(({ checksum }) => Buffer.from(checksum!.value, 'base64').toString('hex'))).toEqual(
        contents.map(crc),
      )
      const copies = contents.map(async (_, at) => {
        wanted(await on.store.copy(lab(`${at}`), lab(`copy of ${at}`), {}))
        return on.read(`copy of ${at}`)
      })
      const reads = contents.map((_, at) => on.read(`${at}`))
      expect((await Promise.all([...copies, ...reads])).map(crc)).toEqual([...contents, ...contents].map(crc))
    })

    test('that are long are not stored when the body breaks off', async () => {
      const broken = (async function* () {
        for (let at = 0; at < 20; at++) yield Buffer.alloc(60_000, at)
        throw new Error('connection lost')
      })()
      await expect(on.store.put(lab('a'), broken, plain)).rejects.toThrow('connection lost')
      expect(await on.keys()).toEqual([])
    })

    test('arrive in many pieces', async () => {
      const piece = 'abcdefgh'.repeat(1000)
      const body = (async function* () {
        for (let at = 0; at < 100; at++) yield* bodyOf(piece)
      })()
      wanted(await on.store.put(lab('big'), body, plain))
      expect(await on.read('big')).toBe(piece.repeat(100))
    })
  })
}
