/** Objects that are uploaded in parts. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

const textOf = (body: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
const etagOf = (text: string) => createHash('md5').update(text).digest('hex')

async function begin(path = '/lab/o', headers: Record<string, string> = {}): Promise<string> {
  const { body } = await edge.call({ method: 'POST', path, query: { uploads: '' }, headers })
  return textOf(body, 'UploadId')
}
const putPart = (uploadId: string, number: number, body: string, headers: Record<string, string> = {}) =>
  edge.call({ method: 'PUT', path: '/lab/o', query: { uploadId, partNumber: String(number) }, body, headers })
const complete = (uploadId: string, parts: readonly [number, string][], headers: Record<string, string> = {}) => {
  const elements = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${elements.join('')}</CompleteMultipartUpload>`
  return edge.call({ method: 'POST', path: '/lab/o', query: { uploadId }, body, headers })
}

test('parts that come out of order make one object, with the headers of the beginning', async () => {
  const uploadId = await begin('/lab/o', { 'content-type': 'text/plain', 'x-amz-meta-n': '1' })
  await putPart(uploadId, 3, 'ccc')
  const first = await putPart(uploadId, 1, 'aaa')
  expect(first.headers.etag).toBe(`"${etagOf('aaa')}"`)
  await putPart(uploadId, 2, 'old')
  await putPart(uploadId, 2, 'bb')
  expect((await edge.call({ path: '/lab/o' })).code).toBe('NoSuchKey')
  const made = await complete(uploadId, [
    [1, etagOf('aaa')],
    [2, etagOf('bb')],
    [3, etagOf('ccc')],
  ])
  expect([made.status, textOf(made.body, 'Key'), textOf(made.body, 'ETag')]).toEqual([
    ...[200, 'o', expect.stringMatching(/^&quot;[0-9a-f]{32}-3&quot;$/)],
  ])
  const got = await edge.call({ path: '/lab/o' })
  expect([got.body, got.headers['content-type'], got.headers['x-amz-meta-n']]).toEqual(['aaabbccc', 'text/plain', '1'])
  const part = await edge.call({ path: '/lab/o', query: { partNumber: '2' } })
  expect([part.status, part.body, part.headers['x-amz-mp-parts-count']]).toEqual([206, 'bb', '3'])
  expect((await edge.call({ path: '/lab/o', query: { partNumber: '4' } })).code).toBe('InvalidPartNumber')
  const again = await complete(uploadId, [[1, etagOf('aaa')]])
  expect(again.status).toBe(200)
})

describe('completing is refused', () => {
  test.each([
    ['for a part that is not there', [[2, etagOf('x')]], 'InvalidPart'],
    ['for another ETag', [[1, etagOf('other')]], 'InvalidPart'],
    [
      'out of order',
      [
        [2, etagOf('b')],
        [1, etagOf('a')],
      ],
      'InvalidPartOrder',
    ],
    ['without parts', [], 'MalformedXML'],
  ] as [string, [number, string][], string][])('%s', async (_, parts, code) => {
    const uploadId = await begin()
    await putPart(uploadId, 1, 'a')
    if (code === 'InvalidPartOrder') await putPart(uploadId, 2, 'b')
    expect((await complete(uploadId, parts)).code).toBe(code)
    expect((await complete(uploadId, [[1, etagOf('a')]])).status).toBe(200)
  })

  test('where the object is there already, if that is a condition', async () => {
    await edge.make({ method: 'PUT', path: '/lab/o', body: 'old' })
    const uploadId = await begin()
    await putPart(uploadId, 1, 'a')
    expect((await complete(uploadId, [[1, etagOf('a')]], { 'if-none-match': '*' })).status).toBe(412)
    expect((await edge.call({ path: '/lab/o' })).body).toBe('old')
  })

  test('for another size', async () => {
    const uploadId = await begin()
    await putPart(uploadId, 1, 'a')
    expect((await complete(uploadId, [[1, etagOf('a')]], { 'x-amz-mp-object-size': '7' })).code).toBe('InvalidRequest')
  })

  test.each([
    ['nobody’s', '/lab/o', { uploadId: 'nobodys' }],
    ['of another key', '/lab/other', undefined],
  ])('of an upload that is %s', async (_, path, query) => {
    const uploadId = await begin()
    const given = query ?? { uploadId }
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>`
    expect((await edge.call({ method: 'POST', path, query: given, body })).code).toBe('NoSuchUpload')
  })
})

test.each(['0', '10001', 'x', '-1'])('part number %s is refused', async (partNumber) => {
  const uploadId = await begin()
  const put = await edge.call({ method: 'PUT', path: '/lab/o', query: { uploadId, partNumber }, body: 'x' })
  expect(put.code).toBe('InvalidArgument')
})

test('parts are copied from objects, whole or in part', async () => {
  await edge.make({ method: 'PUT', path: '/lab/from', body: '0123456789' })
  const uploadId = await begin()
  const copy = (partNumber: string, headers: Record<string, string>) =>
    edge.call({
      ...{ method: 'PUT', path: '/lab/o', query: { uploadId, partNumber } },
      headers: { 'x-amz-copy-source': '/lab/from', ...headers },
    })
  const some = await copy('1', { 'x-amz-copy-source-range': 'bytes=2-4' })
  expect([some.status, textOf(some.body, 'ETag')]).toEqual([200, `&quot;${etagOf('234')}&quot;`])
  await copy('2', {})
  expect((await copy('3', { 'x-amz-copy-source-range': 'bytes=8-20' })).code).toBe('InvalidArgument')
  expect((await copy('3', { 'x-amz-copy-source-range': '0-1' })).code).toBe('InvalidArgument')
  expect((await copy('3', { 'x-amz-copy-source-if-match': '"x"' })).status).toBe(412)
  await complete(uploadId, [
    [1, etagOf('234')],
    [2, etagOf('0123456789')],
  ])
  expect((await edge.call({ path: '/lab/o' })).body).toBe('2340123456789')
})

test('parts and uploads are listed page by page, and uploads are given up', async () => {
  const uploadId = await begin()
  const other = await begin('/lab/dir/p')
  for (const number of [1, 2, 3]) await putPart(uploadId, number, 'x'.repeat(number))
  const parts = await edge.call({ path: '/lab/o', query: { uploadId, 'max-parts': '2' } })
  expect([...parts.body.matchAll(/<PartNumber>(\d)</g)].map((it) => it[1])).toEqual(['1', '2'])
  expect([textOf(parts.body, 'IsTruncated'), textOf(parts.body, 'NextPartNumberMarker')]).toEqual(['true', '2'])
  const rest = await edge.call({ path: '/lab/o', query: { uploadId, 'part-number-marker': '2' } })
  expect([...rest.body.matchAll(/<PartNumber>(\d)<.*?<Size>(\d)</g)].map((it) => [it[1], it[2]])).toEqual([['3', '3']])

  const list = (query: Record<string, string>) => edge.call({ path: '/lab', query: { uploads: '', ...query } })
  const ids = (body: string) => [...body.matchAll(/<UploadId>([^<]+)</g)].map((it) => it[1])
  expect(ids((await list({})).body)).toEqual([other, uploadId])
  const first = await list({ 'max-uploads': '1' })
  const markers = {
    'key-marker': textOf(first.body, 'NextKeyMarker'),
    'upload-id-marker': textOf(first.body, 'NextUploadIdMarker'),
  }
  expect([ids(first.body), ids((await list(markers)).body)]).toEqual([[other], [uploadId]])
  const folded = await list({ delimiter: '/' })
  expect([ids(folded.body), /<CommonPrefixes><Prefix>([^<]+)/.exec(folded.body)?.[1]]).toEqual([[uploadId], 'dir/'])

  const abort = () => edge.call({ method: 'DELETE', path: '/lab/o', query: { uploadId } })
  expect([(await abort()).status, (await abort()).code]).toEqual([204, 'NoSuchUpload'])
  expect((await putPart(uploadId, 4, 'x')).code).toBe('NoSuchUpload')
})

test('checksums of parts make the checksum of the object', async () => {
  const uploadId = await begin('/lab/o', { 'x-amz-checksum-algorithm': 'SHA256' })
  const sha = (text: string) => createHash('sha256').update(text).digest('base64')
  const put = await putPart(uploadId, 1, 'aaa', { 'x-amz-checksum-sha256': sha('aaa') })
  expect(put.headers['x-amz-checksum-sha256']).toBe(sha('aaa'))
  expect((await putPart(uploadId, 2, 'bbb', { 'x-amz-checksum-sha256': sha('ccc') })).code).toBe('BadDigest')
  const part = `<Part><PartNumber>1</PartNumber><ETag>${etagOf('aaa')}</ETag><ChecksumSHA256>${sha('aaa')}</ChecksumSHA256></Part>`
  const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`
  const made = await edge.call({ method: 'POST', path: '/lab/o', query: { uploadId }, body })
  const composite = `${createHash('sha256')
    .update(Buffer.from(sha('aaa'), 'base64'))
    .digest('base64')}-1`
  expect([textOf(made.body, 'ChecksumSHA256'), textOf(made.body, 'ChecksumType')]).toEqual([composite, 'COMPOSITE'])
  const head = await edge.call({ method: 'HEAD', path: '/lab/o', headers: { 'x-amz-checksum-mode': 'ENABLED' } })
  expect(head.headers['x-amz-checksum-sha256']).toBe(composite)
  const first = await edge.call({ path: '/lab/o', query: { partNumber: '1' } })
  expect(first.headers).toMatchObject({ 'x-amz-checksum-sha256': sha('aaa'), 'x-amz-checksum-type': 'COMPOSITE' })
  const attributes = await edge.call({
    ...{ path: '/lab/o', query: { attributes: '' }, headers: { 'x-amz-object-attributes': 'ObjectParts' } },
  })
  expect([textOf(attributes.body, 'PartsCount'), textOf(attributes.body, 'ChecksumSHA256')]).toEqual(['1', sha('aaa')])
})

test.each([
  { 'x-amz-checksum-algorithm': 'MD4' },
  { 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' },
  { 'x-amz-checksum-type': 'COMPOSITE' },
])('%o is refused', async (headers) => {
  const given = headers as unknown as Record<string, string>
  const begun = await edge.call({ method: 'POST', path: '/lab/o', query: { uploads: '' }, headers: given })
  expect(begun.code).toBe('InvalidRequest')
})
