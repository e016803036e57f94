/** Objects as clients of S3 put, read, copy, tag and delete them. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../../model/limits.ts'
import { type S3Call, S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

const md5 = (text: string) => createHash('md5').update(text).digest()
const etagOf = (text: string) => `"${md5(text).toString('hex')}"`
const put = (path: string, body = 'hello', headers: Record<string, string> = {}) =>
  edge.call({ method: 'PUT', path, body, headers })
const crcOf = (text: string) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64')
}

describe('an object', () => {
  test('is read as it was put, with its headers and metadata', async () => {
    const headers = {
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'content-encoding': 'aws-chunked, gzip',
      'x-amz-meta-sample': 'A 1',
      'x-amz-tagging': 'kind=raw&of=ada',
    }
    const path = '/lab/a%20b/%C3%A9%2B.txt'
    const stored = await put(path, 'hello', headers)
    const etag = etagOf('hello')
    expect([stored.status, stored.body, stored.headers.etag]).toEqual([200, '', etag])
    const got = await edge.call({ path })
    expect([got.status, got.body]).toEqual([200, 'hello'])
    expect(got.headers).toMatchObject({
      ...{ etag, 'content-type': 'text/plain', 'cache-control': 'no-cache', 'content-encoding': 'gzip' },
      ...{ 'x-amz-meta-sample': 'A 1', 'x-amz-tagging-count': '2', 'content-length': '5', 'accept-ranges': 'bytes' },
      'last-modified': 'Sun, 22 Nov 2026 15:00:00 GMT',
      'x-amz-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const head = await edge.call({ method: 'HEAD', path })
    expect([head.status, head.body, head.headers['content-length'], head.headers.etag]).toEqual([200, '', '5', etag])
    expect(edge.store.buckets().map(({ name }) => name)).toEqual(['lab'])
    expect(await edge.store.head({ bucket: 'lab', key: 'a b/é+.txt' })).toMatchObject({ size: 5 })
  })

  test('may be empty, and has a type of its own without one', async () => {
    await put('/lab/empty', '')
    const got = await edge.call({ path: '/lab/empty' })
    expect([got.status, got.body, got.headers['content-length']]).toEqual([200, '', '0'])
    expect(got.headers['content-type']).toBe('binary/octet-stream')
  })

  test('larger than a piece is streamed whole', async () => {
    const body = 'x'.repeat(1_000_000)
    await put('/lab/large', body)
    const got = await edge.call({ path: '/lab/large' })
    expect([got.status, got.headers['content-length'], got.body === body]).toEqual([200, '1000000', true])
  })

  test('answers with the headers that the client asks for instead', async () => {
    await put('/lab/o')
    const query = { 'response-content-type': 'text/csv', 'response-content-disposition': 'attachment; filename="a"' }
    const got = await edge.call({ path: '/lab/o', query })
    expect(got.headers).toMatchObject({
      'content-type': 'text/csv',
      'content-disposition': 'attachment; filename="a"',
    })
    const split = await edge.call({ path: '/lab/o', query: { 'response-content-type': 'a\r\nb: c' } })
    expect([split.status, split.code]).toEqual([400, 'InvalidArgument'])
  })

  test('is deleted, and deleting it again succeeds', async () => {
    await put('/lab/o')
    for (const _ of [1, 2]) expect((await edge.call({ method: 'DELETE', path: '/lab/o' })).status).toBe(204)
    expect((await edge.call({ path: '/lab/o' })).code).toBe('NoSuchKey')
  })
})

describe('what is not there', () => {
  test.each([
    ['/lab/none', 404, 'NoSuchKey'],
    ['/none', 404, 'NoSuchBucket'],
    ['/none/key', 404, 'NoSuchBucket'],
  ])('%s', async (path, status, code) => {
    const got = await edge.call({ path })
    expect([got.status, got.code, got.headers['content-type']]).toEqual([status, code, 'application/xml'])
    expect(got.body).toContain(`<Resource>${path}</Resource><RequestId>${got.headers['x-amz-request-id']}</RequestId>`)
    const head = await edge.call({ method: 'HEAD', path })
    expect([head.status, head.body]).toEqual([status, ''])
  })

  test('a version, where there are none', async () => {
    await put('/lab/o')
    const get = (versionId: string) => edge.call({ path: '/lab/o', query: { versionId } })
    expect([(await get('null')).status, (await get('abc')).code]).toEqual([200, 'InvalidArgument'])
  })

  test('a path that is not properly encoded', async () => {
    expect((await edge.call({ path: '/lab/%ff' })).status).toBe(400)
  })
})

describe('a range', () => {
  beforeEach(() => put('/lab/o', '0123456789'))
  const read = (range: string, headers = {}) => edge.call({ path: '/lab/o', headers: { range, ...headers } })

  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('%s', async (range, body, contentRange) => {
    const got = await read(range)
    expect([got.status, got.body, got.headers['content-range']]).toEqual([206, body, contentRange])
    expect(got.headers['content-length']).toBe(String(body.length))
  })

  test.each(['bytes=4-2', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,4-5'])('%s is ignored', async (range) => {
    const got = await read(range)
    expect([got.status, got.body]).toEqual([200, '0123456789'])
  })

  test.each(['bytes=10-', 'bytes=-0', 'bytes=20-30'])('%s is outside', async (range) => {
    const got = await read(range)
    expect([got.status, got.code]).toEqual([416, 'InvalidRange'])
    expect(got.body).toContain('<ActualObjectSize>10</ActualObjectSize>')
  })

  test('of an empty object is outside', async () => {
    await put('/lab/o', '')
    expect((await read('bytes=0-0')).status).toBe(416)
  })

  test('holds only for the object that If-Range names', async () => {
    expect((await read('bytes=0-0', { 'if-range': etagOf('0123456789') })).status).toBe(206)
    expect((await read('bytes=0-0', { 'if-range': etagOf('other') })).status).toBe(200)
    expect((await read('bytes=0-0', { 'if-range': 'Sun, 22 Nov 2026 15:00:00 GMT' })).status).toBe(206)
    expect((await read('bytes=0-0', { 'if-range': 'Sun, 22 Nov 2026 14:00:00 GMT' })).status).toBe(200)
  })
})

describe('a condition', () => {
  const [right, wrong] = [etagOf('hello'), etagOf('other')]
  beforeEach(() => put('/lab/o'))

  test.each([
    [{ 'if-match': right }, 200],
    [{ 'if-match': `"x", ${right}` }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': wrong }, 412],
    [{ 'if-none-match': wrong }, 200],
    [{ 'if-none-match': right }, 304],
    [{ 'if-none-match': `W/${right}` }, 304],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 15:00:00 GMT' }, 304],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 14:59:59 GMT' }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-unmodified-since': 'Sun, 22 Nov 2026 14:59:59 GMT' }, 412],
    [{ 'if-match': right, 'if-unmodified-since': 'Sun, 22 Nov 2026 14:59:59 GMT' }, 200],
    [{ 'if-none-match': right, 'if-modified-since': 'Sun, 22 Nov 2026 14:59:59 GMT' }, 304],
  ])('of a read: %o', async (headers, status) => {
    for (const method of ['GET', 'HEAD']) {
      const got = await edge.call({ method, path: '/lab/o', headers })
      expect([method, got.status]).toEqual([method, status])
      if (status === 304)
        expect([got.body, got.headers.etag, got.headers['content-type']]).toEqual(['', right, undefined])
    }
  })

  test('of a put', async () => {
    expect((await put('/lab/o', 'x', { 'if-none-match': '*' })).status).toBe(412)
    expect((await put('/lab/new', 'x', { 'if-none-match': '*' })).status).toBe(200)
    expect((await put('/lab/o', 'x', { 'if-match': wrong })).status).toBe(412)
    expect((await edge.call({ path: '/lab/o' })).body).toBe('hello')
    expect((await put('/lab/o', 'x', { 'if-match': right })).status).toBe(200)
    expect((await put('/lab/none', 'x', { 'if-match': right })).code).toBe('NoSuchKey')
    expect((await put('/lab/o', 'y', { 'if-none-match': wrong })).status).toBe(200)
    expect((await put('/lab/o', 'z', { 'if-none-match': etagOf('y') })).status).toBe(412)
  })

  test('of a delete', async () => {
    const remove = (etag: string) => edge.call({ method: 'DELETE', path: '/lab/o', headers: { 'if-match': etag } })
    expect([(await remove(wrong)).status, (await remove(right)).status]).toEqual([412, 204])
  })
})

describe('the content', () => {
  test('is compared with its MD5', async () => {
    const good = await put('/lab/o', 'hello', { 'content-md5': md5('hello').toString('base64') })
    const bad = await put('/lab/o', 'hello', { 'content-md5': md5('other').toString('base64') })
    const none = await put('/lab/o', 'hello', { 'content-md5': 'abc' })
    expect([good.status, bad.code, none.code]).toEqual([200, 'BadDigest', 'InvalidDigest'])
  })

  test('is compared with its checksum, which is kept and shown to those who ask', async () => {
    const stored = await put('/lab/o', 'hello', { 'x-amz-checksum-crc32': crcOf('hello') })
    const checksum = { 'x-amz-checksum-crc32': crcOf('hello'), 'x-amz-checksum-type': 'FULL_OBJECT' }
    expect(stored.headers).toMatchObject(checksum)
    const asked = { 'x-amz-checksum-mode': 'ENABLED' }
    expect((await edge.call({ path: '/lab/o', headers: asked })).headers).toMatchObject(checksum)
    expect((await edge.call({ path: '/lab/o' })).headers['x-amz-checksum-crc32']).toBeUndefined()
    const part = await edge.call({ path: '/lab/o', headers: { ...asked, range: 'bytes=0-1' } })
    expect(part.headers['x-amz-checksum-crc32']).toBeUndefined()
    const bad = await put('/lab/o', 'hello', { 'x-amz-checksum-crc32': crcOf('other') })
    expect([bad.status, bad.code]).toEqual([400, 'BadDigest'])
  })

  test.each([
    { 'x-amz-checksum-crc32': 'abc' },
    { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' },
    { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'SHA256' },
    { 'x-amz-trailer': 'x-amz-checksum-crc32' },
  ])('with headers that make no sense: %o', async (headers) => {
    expect((await put('/lab/o', 'hello', headers as unknown as Record<string, string>)).code).toBe('InvalidRequest')
  })

  test('is compared with the hash that was signed', async () => {
    const { method, url, headers } = await edge.sign({ method: 'PUT', path: '/lab/o', body: 'hello' })
    const sent = await edge.app.inject({ method, url, headers, payload: 'jello' })
    expect([sent.statusCode, sent.body]).toEqual([400, expect.stringContaining('XAmzContentSHA256Mismatch')])
    expect((await edge.call({ path: '/lab/o' })).code).toBe('NoSuchKey')
  })

  test('is refused before it comes if it is too large or has no length', async () => {
    const request: S3Call = { method: 'PUT', path: '/lab/o', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }
    const { method, url, headers } = await edge.sign(request)
    const large = { ...headers, 'content-length': String(limits.objectPutBytes + 1) }
    const sent = await edge.app.inject({ method, url, headers: large })
    expect(sent.body).toContain('<Code>EntityTooLarge</Code>')
    const bare = await edge.app.inject({ method, url, headers })
    expect([bare.statusCode, bare.body]).toEqual([411, expect.stringContaining('MissingContentLength')])
  })
})

describe('a copy', () => {
  const copy = (to: string, source: string, headers = {}) =>
    edge.call({ method: 'PUT', path: to, headers: { 'x-amz-copy-source': source, ...headers } })
  beforeEach(() =>
    put('/lab/a%20b', 'hello', { 'content-type': 'text/plain', 'x-amz-meta-n': '1', 'x-amz-tagging': 'k=v' }),
  )

  test('has what the source has', async () => {
    const made = await copy('/lab/to', '/lab/a%20b')
    expect([made.status, made.body]).toEqual([
      200,
      expect.stringContaining(`<ETag>${etagOf('hello').replaceAll('"', '&quot;')}</ETag>`),
    ])
    const got = await edge.call({ path: '/lab/to' })
    expect(got.headers).toMatchObject({ 'content-type': 'text/plain', 'x-amz-meta-n': '1', 'x-amz-tagging-count': '1' })
  })

  test('has headers and tags of its own if these replace', async () => {
    await copy('/lab/to', 'lab/a%20b', {
      ...{ 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-m': '2', 'content-type': 'text/csv' },
      ...{ 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': 'a=1&b=2' },
    })
    const { headers } = await edge.call({ path: '/lab/to' })
    expect(headers).toMatchObject({ 'content-type': 'text/csv', 'x-amz-meta-m': '2', 'x-amz-tagging-count': '2' })
    expect(headers['x-amz-meta-n']).toBeUndefined()
  })

  test('of an object onto itself must change something', async () => {
    expect((await copy('/lab/a%20b', '/lab/a%20b')).code).toBe('InvalidRequest')
    expect((await copy('/lab/a%20b', '/lab/a%20b', { 'x-amz-metadata-directive': 'REPLACE' })).status).toBe(200)
  })

  test('is made only under its conditions', async () => {
    const none = { 'x-amz-copy-source-if-none-match': etagOf('hello') }
    expect((await copy('/lab/to', '/lab/a%20b', none)).status).toBe(412)
    expect((await copy('/lab/to', '/lab/a%20b', { 'x-amz-copy-source-if-match': etagOf('hello') })).status).toBe(200)
    expect((await copy('/lab/to', '/lab/a%20b', { 'if-none-match': '*' })).status).toBe(412)
  })

  test.each([
    ['/lab/none', 404, 'NoSuchKey'],
    ['/none/a', 404, 'NoSuchBucket'],
    ['lab', 400, 'InvalidArgument'],
    ['/lab/%ff', 400, 'InvalidArgument'],
    ['/lab/a%20b?versionId=x', 400, 'InvalidArgument'],
    ['/lab/a%20b?versionId=0hojakr580029j6rr0pk3q3f', 404, 'NoSuchVersion'],
  ])('of %s is refused', async (source, status, code) => {
    const made = await copy('/lab/to', source)
    expect([made.status, made.code]).toEqual([status, code])
  })
})

describe('tags', () => {
  const tagging = (tags: string) => `<Tagging><TagSet>${tags}</TagSet></Tagging>`
  const set = (body: string) => edge.call({ method: 'PUT', path: '/lab/o', query: { tagging: '' }, body })
  beforeEach(() => put('/lab/o'))

  test('are set, read and taken away', async () => {
    const tags = '<Tag><Key>a &amp; b</Key><Value>1</Value></Tag>'
    expect((await set(tagging('<Tag><Key>k</Key><Value>v</Value></Tag>'))).status).toBe(200)
    expect((await edge.call({ path: '/lab/o', query: { tagging: '' } })).body).toContain('<Key>k</Key><Value>v</Value>')
    expect((await set(tagging(tags))).code).toBe('InvalidTag')
    expect((await edge.call({ method: 'DELETE', path: '/lab/o', query: { tagging: '' } })).status).toBe(204)
    expect((await edge.call({ path: '/lab/o', query: { tagging: '' } })).body).toContain('<TagSet></TagSet>')
  })

  test.each([
    ['no XML', 'MalformedXML'],
    ['<Tagging/>', 'MalformedXML'],
    [tagging('<Tag><Key>k</Key></Tag>'), 'MalformedXML'],
    [tagging('<Tag><Key>k</Key><Value/></Tag>'.repeat(2)), 'InvalidTag'],
  ])('%s', async (body, code) => {
    expect((await set(body)).code).toBe(code)
  })
})

test('an object is deleted only if it has the size and the time that the client means', async () => {
  await put('/lab/o')
  const remove = async (headers: Record<string, string>) =>
    (await edge.call({ method: 'DELETE', path: '/lab/o', headers })).status
  expect(await remove({ 'x-amz-if-match-size': '6' })).toBe(412)
  expect(await remove({ 'x-amz-if-match-last-modified-time': 'Sun, 22 Nov 2026 14:59:59 GMT' })).toBe(412)
  const right = { 'x-amz-if-match-size': '5', 'x-amz-if-match-last-modified-time': 'Sun, 22 Nov 2026 15:00:00 GMT' }
  expect(await remove({ ...right, 'if-match': '"x"' })).toBe(412)
  expect(await remove(right)).toBe(204)
  expect(await remove({ 'x-amz-if-match-size': '6' })).toBe(204)
})

test('several objects are deleted at once, and each is answered for', async () => {
  await put('/lab/a')
  await put('/lab/b%20%26', 'other')
  const body =
    '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object>' +
    '<Object><Key>b &amp;</Key><ETag>"wrong"</ETag></Object><Object><Key>none</Key><Size>7</Size></Object></Delete>'
  const gone = await edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body })
  expect(gone.status).toBe(200)
  expect(gone.body).toContain('<Deleted><Key>a</Key></Deleted><Deleted><Key>none</Key></Deleted>')
  expect(gone.body).toContain('<Error><Key>b &amp;</Key><Code>PreconditionFailed</Code>')
  const quiet = '<Delete><Quiet>true</Quiet><Object><Key>b &amp;</Key></Object></Delete>'
  const rest = await edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body: quiet })
  expect([rest.status, rest.body]).toEqual([200, expect.not.stringContaining('Deleted')])
  expect((await edge.store.list('lab', { prefix: '', delimiter: '', after: '', limit: 10 })) as object).toMatchObject({
    objects: [],
  })
})

test('the attributes of an object are those that are asked for', async () => {
  await put('/lab/o', 'hello', { 'x-amz-checksum-crc32': crcOf('hello') })
  const ask = (names: string) =>
    edge.call({ path: '/lab/o', query: { attributes: '' }, headers: { 'x-amz-object-attributes': names } })
  const { body } = await ask('ETag, ObjectSize,Checksum')
  expect(body).toContain(`<ETag>${md5('hello').toString('hex')}</ETag>`)
  expect(body).toContain(
    `<Checksum><ChecksumCRC32>${crcOf('hello')}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>`,
  )
  expect(body).toContain('<ObjectSize>5</ObjectSize>')
  expect(body).not.toContain('StorageClass')
  expect((await ask('Colour')).code).toBe('InvalidArgument')
})

describe('what is not offered is refused by its name', () => {
  test.each([
    ['PUT', '/lab', { website: '' }, 'PutBucketWebsite'],
    ['DELETE', '/lab', { replication: '' }, 'DeleteBucketReplication'],
    ['GET', '/lab', { inventory: '', id: 'x' }, 'GetBucketInventoryConfiguration'],
    ['PUT', '/lab/o', { 'legal-hold': '' }, 'PutObjectLegalHold'],
    ['GET', '/lab/o', { retention: '' }, 'GetObjectRetention'],
    ['POST', '/lab/o', { select: '', 'select-type': '2' }, 'SelectObjectContent'],
  ])('%s %s %o', async (method, path, query, name) => {
    const got = await edge.call({ method, path, query: query as Record<string, string> })
    expect([got.status, got.code]).toEqual([501, 'NotImplemented'])
    expect(got.body).toContain(`openbatch does not offer ${name}`)
  })

  test.each([
    [{ 'x-amz-server-side-encryption': 'aws:kms' }, 501, 'NotImplemented'],
    [{ 'x-amz-object-lock-legal-hold': 'ON' }, 501, 'NotImplemented'],
    [{ 'x-amz-website-redirect-location': '/' }, 501, 'NotImplemented'],
    [{ 'x-amz-storage-class': 'GLACIER' }, 400, 'InvalidStorageClass'],
    [{ 'x-amz-acl': 'public-read' }, 400, 'AccessControlListNotSupported'],
    [{ 'x-amz-grant-read': 'id=x' }, 400, 'AccessControlListNotSupported'],
  ])('%o', async (headers, status, code) => {
    const got = await put('/lab/o', 'x', headers as unknown as Record<string, string>)
    expect([got.status, got.code]).toEqual([status, code])
  })

  test('a method that means nothing', async () => {
    const got = await edge.call({ method: 'PATCH', path: '/lab/o' })
    expect([got.status, got.code]).toEqual([405, 'MethodNotAllowed'])
  })
})

test('metadata beyond ASCII comes back as the client wrote it', async () => {
  const { method, url, headers } = await edge.sign({
    method: 'PUT',
    path: '/lab/o',
    headers: { 'x-amz-meta-text': 'Grüße' },
    body: 'x',
  })
  // Node reads headers as Latin-1, whatever was sent.
  const read = { ...headers, 'x-amz-meta-text': Buffer.from('Grüße').toString('latin1') }
  await edge.app.inject({ method, url, headers: read, payload: 'x' })
  expect(await edge.store.head({ bucket: 'lab', key: 'o' })).toMatchObject({ metadata: { text: 'Grüße' } })
  expect((await edge.call({ path: '/lab/o' })).headers['x-amz-meta-text']).toBe('Grüße')
})
