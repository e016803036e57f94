import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import type { UploadsQuery } from '../object-store.ts'
import { bodyOf, expectRefusal, lab, plain, type StoreCase, smallestPartBytes, wanted } from './store-case.contract.ts'

const md5 = (bytes: string | Buffer) => createHash('md5').update(bytes).digest()
const crcOf = (text: string) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64')
}

export function uploadCases(on: StoreCase): void {
  describe('an upload in parts', () => {
    const [first, second, third] = ['1'.repeat(smallestPartBytes), '2'.repeat(smallestPartBytes + 3), '3']

    test('makes an object of its parts, in whatever order they came', async () => {
      const how = { headers: { contentType: 'text/x' }, metadata: { a: 'b' }, tags: { t: 'v' } }
      const upload = await on.begun('dir/a', how)
      const p3 = await on.part(upload, 10, third)
      const p1 = await on.part(upload, 1, first)
      const p2 = await on.part(upload, 7, second)
      expect(await on.keys()).toEqual([])
      await on.reopen()
      const { facts } = wanted(await on.store.completeUpload(upload, { parts: [p1, p2, p3] }))
      const etag = `${md5(Buffer.concat([md5(first), md5(second), md5(third)])).toString('hex')}-3`
      const parts = [
        { number: 1, size: first.length },
        { number: 7, size: second.length },
        { number: 10, size: third.length },
      ]
      expect(facts).toMatchObject({ key: 'dir/a', size: first.length + second.length + 1, etag, parts, ...how })
      expect(await on.head('dir/a')).toEqual(facts)
      expect(await on.read('dir/a')).toBe(first + second + third)
      expectRefusal(await on.store.listParts(upload, 0, 10), 'NoSuchUpload')
      await on.reopen()
      expect(await on.head('dir/a')).toEqual(facts)
    })

    test('uses of a part that came twice the later one', async () => {
      const upload = await on.begun('a')
      const old = await on.part(upload, 1, 'old part')
      const part = await on.part(upload, 1, 'new part')
      expectRefusal(await on.store.completeUpload(upload, { parts: [old] }), 'InvalidPart')
      wanted(await on.store.completeUpload(upload, { parts: [part] }))
      expect(await on.read('a')).toBe('new part')
    })

    test('takes parts of one size in any order, and again', async () => {
      const upload = await on.begun('a')
      const p2 = await on.part(upload, 2, 'bbbbbb')
      const p4 = await on.part(upload, 4, 'd')
      await on.part(upload, 1, 'xxxxxx')
      const broken = { expected: { size: 6, md5: 'XUFAKrxLKna5cZ2REBfFkg==' } }
      expectRefusal(await on.store.putPart(upload, 3, bodyOf('yyyyyy'), broken), 'BadDigest')
      expect(await on.store.putPart(upload, 3, bodyOf('yyyyyyyyyyy'), { expected: { size: 6 } })).toHaveProperty('code')
      const p3 = await on.part(upload, 3, 'cccccc')
      const p1 = await on.part(upload, 1, 'aaaaaa')
      wanted(await on.store.completeUpload(upload, { parts: [p1, p2, p3, p4] }))
      expect(await on.read('a')).toBe('aaaaaabbbbbbccccccd')
    })

    test('leaves out parts at its end, at its beginning and in its middle', async () => {
      for (const left of [
        [1, 2],
        [2, 3],
        [1, 3],
        [1, 2, 3],
      ]) {
        const upload = await on.begun('a')
        const parts = []
        for (const number of [1, 2, 3, 4]) parts.push(await on.part(upload, number, `${number}`.repeat(6)))
        const chosen = parts.filter(({ number }) => left.includes(number))
        const { facts } = wanted(await on.store.completeUpload(upload, { parts: chosen }))
        expect(await on.read('a')).toBe(left.map((number) => `${number}`.repeat(6)).join(''))
        expect(await on.head('a')).toEqual(facts)
      }
    })

    test('leaves out parts that are not named at its end', async () => {
      const upload = await on.begun('a')
      await on.part(upload, 1, first)
      const part = await on.part(upload, 2, second)
      wanted(await on.store.completeUpload(upload, { parts: [part] }))
      expect(await on.read('a')).toBe(second)
    })

    test('is refused with parts that are missing, small or out of order', async () => {
      const upload = await on.begun('a')
      const p1 = await on.part(upload, 1, '1')
      const p2 = await on.part(upload, 2, second)
      const complete = (...parts: { number: number; etag: string }[]) => on.store.completeUpload(upload, { parts })
      expectRefusal(await complete(), 'MalformedXML')
      expectRefusal(await complete(p2, p1), 'InvalidPartOrder')
      expectRefusal(await complete(p2, p2), 'InvalidPartOrder')
      expectRefusal(await complete(p2, { number: 3, etag: p2.etag }), 'InvalidPart')
      expectRefusal(await complete(p1, p2), 'EntityTooSmall', { PartNumber: '1' })
      expectRefusal(await on.store.completeUpload(upload, { parts: [p2], size: 3 }), 'InvalidRequest')
      wanted(await complete(p2))
    })

    test('is one for two Completes at the same time, and for a later one', async () => {
      const upload = await on.begun('a')
      const part = await on.part(upload, 1, first)
      const complete = () => on.store.completeUpload(upload, { parts: [part] })
      const answers = await Promise.all([complete(), complete(), complete()])
      expect(answers[1]).toEqual(wanted(answers[0]))
      expect(answers[2]).toEqual(answers[0])
      expect(await complete()).toEqual(answers[0])
      await on.reopen()
      expect(await complete()).toEqual(answers[0])
      expect(await on.keys()).toEqual(['a'])
    })

    test('completes only under the conditions of its request', async () => {
      const upload = await on.begun('a')
      const part = await on.part(upload, 1, first)
      await on.put('a', 'other')
      const conditions = { ifNoneMatch: ['*'] }
      expectRefusal(await on.store.completeUpload(upload, { parts: [part], conditions }), 'PreconditionFailed')
      expect(await on.read('a')).toBe('other')
      await on.store.delete(lab('a'))
      wanted(await on.store.completeUpload(upload, { parts: [part], conditions }))
    })

    test('keeps all its parts when a Complete with some of them is refused', async () => {
      const upload = await on.begun('a')
      const parts = []
      for (const number of [1, 2, 3]) parts.push(await on.part(upload, number, `${number}`.repeat(6)))
      await on.put('a', 'other')
      const conditions = { ifNoneMatch: ['*'] }
      const some = { parts: parts.slice(0, 1), conditions }
      expectRefusal(await on.store.completeUpload(upload, some), 'PreconditionFailed')
      wanted(await on.store.completeUpload(upload, { parts }))
      expect(await on.read('a')).toBe('111111222222333333')
    })

    test('is gone when it was aborted', async () => {
      const upload = await on.begun('a')
      const part = await on.part(upload, 1, first)
      expect(await on.store.abortUpload(upload)).toBeUndefined()
      expectRefusal(await on.store.completeUpload(upload, { parts: [part] }), 'NoSuchUpload')
      expectRefusal(await on.store.putPart(upload, 1, bodyOf('x'), {}), 'NoSuchUpload')
      expectRefusal(await on.store.abortUpload(upload), 'NoSuchUpload')
      expectRefusal(await on.store.abortUpload({ ...lab('a'), uploadId: '../..' }), 'NoSuchUpload')
      expect(await on.keys()).toEqual([])
    })

    test('belongs to its key', async () => {
      const upload = await on.begun('a')
      expectRefusal(await on.store.putPart({ ...upload, key: 'b' }, 1, bodyOf('x'), {}), 'NoSuchUpload')
      expectRefusal(await on.store.listParts({ ...upload, key: 'b' }, 0, 10), 'NoSuchUpload')
    })

    test('takes parts with numbers from 1 to 10,000', async () => {
      const upload = await on.begun('a')
      for (const number of [0, limits.uploadParts + 1, 1.5])
        expectRefusal(await on.store.putPart(upload, number, bodyOf('x'), {}), 'InvalidArgument')
      expectRefusal(
        await on.store.putPart(upload, 1, bodyOf('x'), { expected: { md5: 'XUFAKrxLKna5cZ2REBfFkg==' } }),
        'BadDigest',
      )
      expect(wanted(await on.store.listParts(upload, 0, 10)).parts).toEqual([])
    })

    test('lists its parts in pages', async () => {
      const upload = await on.begun('a', { checksum: 'CRC32' })
      const parts = []
      for (const number of [9, 2, 5]) parts.push(await on.part(upload, number, `${number}`))
      parts.sort((a, b) => a.number - b.number)
      expect(parts[0]?.checksum).toBe(crcOf('2'))
      expect(await on.store.listParts(upload, 0, 2)).toEqual({ upload, parts: parts.slice(0, 2), more: true })
      expect(await on.store.listParts(upload, 5, 2)).toEqual({ upload, parts: parts.slice(2), more: false })
    })

    test('takes bytes of objects as parts', async () => {
      await on.put('source', '0123456789')
      const upload = await on.begun('a', { checksum: 'CRC32' })
      const whole = wanted(await on.store.copyPart(upload, 1, lab('source'), undefined))
      const some = wanted(await on.store.copyPart(upload, 2, lab('source'), { first: 2, last: 5 }))
      expect(some).toMatchObject({ number: 2, size: 4, etag: md5('2345').toString('hex'), checksum: crcOf('2345') })
      expectRefusal(await on.store.copyPart(upload, 3, lab('source'), { first: 2, last: 10 }), 'InvalidArgument')
      expectRefusal(await on.store.copyPart(upload, 3, lab('none'), undefined), 'NoSuchKey')
      const conditions = { ifMatch: ['0'.repeat(32)] }
      expectRefusal(await on.store.copyPart(upload, 3, lab('source'), undefined, conditions), 'PreconditionFailed')
      wanted(await on.store.completeUpload(upload, { parts: [whole, some] }))
      expect(await on.read('a')).toBe('01234567892345')
    })

    test('has a checksum of its parts checksums, or of the whole', async () => {
      const composite = await on.begun('a', { checksum: 'CRC32', checksumType: 'COMPOSITE' })
      const full = await on.begun('b', { checksum: 'CRC32', checksumType: 'FULL_OBJECT' })
      const value = crcOf(first + third)
      for (const upload of [composite, full]) {
        const parts = [await on.part(upload, 1, first), await on.part(upload, 2, third)]
        const wrong = { kind: 'CRC32', value: 'AAAAAA==', type: 'FULL_OBJECT' } as const
        expectRefusal(await on.store.completeUpload(upload, { parts, checksum: wrong }), 'BadDigest')
        const bad = parts.map((part) => ({ ...part, checksum: 'AAAAAA==' }))
        expectRefusal(await on.store.completeUpload(upload, { parts: bad }), 'InvalidPart')
        wanted(await on.store.completeUpload(upload, { parts }))
      }
      expect((await on.head('b')).checksum).toEqual({ kind: 'CRC32', type: 'FULL_OBJECT', value })
      const both = Buffer.concat([crcOf(first), crcOf(third)].map((crc) => Buffer.from(crc, 'base64')))
      const ofBoth = Buffer.alloc(4)
      ofBoth.writeUInt32BE(crc32(both))
      expect(await on.head('a')).toMatchObject({
        checksum: { kind: 'CRC32', type: 'COMPOSITE', value: `${ofBoth.toString('base64')}-2` },
        parts: [
          { number: 1, size: first.length, checksum: crcOf(first) },
          { number: 2, size: third.length, checksum: crcOf(third) },
        ],
      })
    })

    test('refuses checksums that do not go together', async () => {
      const create = (checksum: 'CRC64NVME' | 'SHA1', checksumType: 'COMPOSITE' | 'FULL_OBJECT') =>
        on.store.createUpload(lab('a'), { ...plain, owner: 'jdoe', checksum, checksumType })
      expectRefusal(await create('CRC64NVME', 'COMPOSITE'), 'InvalidRequest')
      expectRefusal(await create('SHA1', 'FULL_OBJECT'), 'InvalidRequest')
      const upload = await on.begun('a', { checksum: 'SHA1' })
      expectRefusal(await on.store.putPart(upload, 1, bodyOf('x'), { checksum: 'CRC32' }), 'InvalidRequest')
    })
  })

  describe('listing uploads', () => {
    const list = async (query: Partial<UploadsQuery> = {}) => {
      const all = { prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 100 }
      const { uploads, commonPrefixes, more } = wanted(await on.store.listUploads('lab', { ...all, ...query }))
      return { uploads: uploads.map(({ key, uploadId }) => [key, uploadId]), commonPrefixes, more }
    }

    test('goes by key and by start', async () => {
      const begun: [string, string][] = []
      for (const key of ['d/2', 'b', 'd/1', 'b']) {
        on.nowMs += 1000
        begun.push([key, (await on.begun(key)).uploadId])
      }
      const [d2, b, d1, later] = begun as [[string, string], [string, string], [string, string], [string, string]]
      await on.reopen()
      expect(await list()).toEqual({ uploads: [b, later, d1, d2], commonPrefixes: [], more: false })
      expect(await list({ limit: 1 })).toEqual({ uploads: [b], commonPrefixes: [], more: true })
      const rest = await list({ afterKey: 'b', afterUploadId: b[1], limit: 2 })
      expect(rest).toEqual({ uploads: [later, d1], commonPrefixes: [], more: true })
      expect(await list({ afterKey: 'b' })).toEqual({ uploads: [d1, d2], commonPrefixes: [], more: false })
      expect(await list({ prefix: 'd/' })).toEqual({ uploads: [d1, d2], commonPrefixes: [], more: false })
      expect(await list({ delimiter: '/' })).toEqual({ uploads: [b, later], commonPrefixes: ['d/'], more: false })
    })

    test('uploads that are neither completed nor given up are counted', async () => {
      const [one, two] = [await on.begun('a'), await on.begun('b')]
      const part = await on.part(one, 1, 'x')
      expect(on.store.uploadsOpen()).toBe(2)
      wanted(await on.store.completeUpload(one, { parts: [part] }))
      expect(on.store.uploadsOpen()).toBe(1)
      await on.store.abortUpload(two)
      expect(on.store.uploadsOpen()).toBe(0)
    })

    test('old uploads are removed', async () => {
      const old = await on.begun('a')
      await on.part(old, 1, 'x')
      on.nowMs += 5000
      const young = await on.begun('a')
      expect(await on.store.removeUploadsBefore(on.nowMs)).toBe(1)
      expect((await list()).uploads).toEqual([['a', young.uploadId]])
    })
  })
}
