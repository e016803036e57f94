/** Who may do what with buckets and objects: policies, signatures in URLs, and what strangers learn. */
import { SignatureV4 } from '@smithy/signature-v4'
import { beforeEach, describe, expect, test } from 'vitest'
import { Sha256 } from '../../../ground/sha256.ts'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
  for (const key of ['ada/1', 'bob/1']) await edge.make({ method: 'PUT', path: `/lab/${key}`, body: key })
})

const allow = (action: string | string[], resource: string | string[], more: object = {}) => ({
  ...{ Effect: 'Allow', Action: action, Resource: resource },
  ...more,
})
const [bucket, below] = ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/ada/*']

describe('a user whose policy names a prefix', () => {
  const add = () =>
    edge.addUser(
      'ada',
      allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], below),
      allow('s3:ListBucket', bucket, { Condition: { StringLike: { 's3:prefix': 'ada/*' } } }),
    )

  test('reads, writes and lists below it, and nowhere else', async () => {
    const ada = add()
    const status = async (method: string, path: string, query: Record<string, string> = {}) =>
      (await edge.call({ method, path, query, ...(method === 'PUT' && { body: 'x' }) }, ada)).status
    expect(await status('GET', '/lab/ada/1')).toBe(200)
    expect(await status('GET', '/lab/bob/1')).toBe(403)
    expect(await status('PUT', '/lab/ada/2')).toBe(200)
    expect(await status('PUT', '/lab/bob/2')).toBe(403)
    expect(await status('GET', '/lab', { prefix: 'ada/1' })).toBe(200)
    expect(await status('GET', '/lab', { 'list-type': '2', prefix: 'bob/' })).toBe(403)
    expect(await status('GET', '/lab')).toBe(403)
    expect(await status('GET', '/')).toBe(403)
    expect(await status('DELETE', '/lab')).toBe(403)
  })

  test('is told of each object that may not be deleted', async () => {
    const ada = add()
    const body = '<Delete><Object><Key>ada/1</Key></Object><Object><Key>bob/1</Key></Object></Delete>'
    const gone = await edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body }, ada)
    expect(gone.status).toBe(200)
    expect(gone.body).toContain('<Deleted><Key>ada/1</Key></Deleted>')
    expect(gone.body).toContain('<Error><Key>bob/1</Key><Code>AccessDenied</Code>')
    expect(await edge.store.head({ bucket: 'lab', key: 'bob/1' })).toMatchObject({ size: 5 })
  })

  test('copies only what they may read', async () => {
    const ada = add()
    const copy = (source: string) =>
      edge.call({ method: 'PUT', path: '/lab/ada/copy', headers: { 'x-amz-copy-source': source } }, ada)
    expect((await copy('/lab/ada/1')).status).toBe(200)
    const refused = await copy('/lab/bob/1')
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied'])
    expect(refused.body).toContain('not authorized to perform: s3:GetObject on resource: arn:aws:s3:::lab/bob/1')
  })

  test('sets tags only with the permission for tags', async () => {
    const ada = add()
    const headers = { 'x-amz-tagging': 'k=v' }
    const put = await edge.call({ method: 'PUT', path: '/lab/ada/1', headers, body: 'x' }, ada)
    expect([put.status, put.body]).toEqual([403, expect.stringContaining('s3:PutObjectTagging')])
  })

  test('does not learn what is in the bucket beyond it', async () => {
    const ada = edge.addUser('eve', allow('s3:GetObject', 'arn:aws:s3:::lab/*'))
    const none = await edge.call({ path: '/lab/none' }, ada)
    expect([none.status, none.code]).toEqual([403, 'AccessDenied'])
    expect((await edge.call({ method: 'HEAD', path: '/lab/none' }, ada)).status).toBe(403)
    expect((await edge.call({ path: '/lab/none' })).status).toBe(404)
  })
})

test('who may list a prefix, but read nothing, learns of missing objects below it and of no others', async () => {
  const eve = edge.addUser(
    'eve',
    allow('s3:ListBucket', bucket, { Condition: { StringLike: { 's3:prefix': 'ada/*' } } }),
  )
  const status = async (path: string, method = 'HEAD', query = {}) =>
    (await edge.call({ method, path, query }, eve)).status
  for (const method of ['HEAD', 'GET']) {
    expect(await status('/lab/ada/none', method)).toBe(404)
    expect(await status('/lab/ada/1', method)).toBe(403)
    expect(await status('/lab/bob/none', method)).toBe(403)
    expect(await status('/none/ada/none', method)).toBe(403)
    expect(await status('/lab/ada/none', method, { versionId: 'null' })).toBe(403)
  }
  expect((await edge.call({ path: '/lab/ada/none' }, eve)).code).toBe('NoSuchKey')
})

test('max-keys and the delimiter are conditions too', async () => {
  const few = edge.addUser(
    'few',
    allow('s3:ListBucket', bucket, {
      Condition: { NumericLessThanEquals: { 's3:max-keys': '10' }, StringEquals: { 's3:delimiter': '/' } },
    }),
  )
  const list = async (query: Record<string, string>) => (await edge.call({ path: '/lab', query }, few)).status
  expect(await list({ 'max-keys': '10', delimiter: '/' })).toBe(200)
  expect(await list({ 'max-keys': '11', delimiter: '/' })).toBe(403)
  expect(await list({ 'max-keys': '10' })).toBe(403)
})

describe('a URL that carries its signature', () => {
  const presign = async (
    method: string,
    path: string,
    query: Record<string, string> = {},
    at = Date.UTC(2026, 10, 22, 15),
  ) => {
    const { accessKeyId, secretAccessKey } = edge.root
    // The signers of SDKs say in the URL that the payload is not signed.
    const headers = { host: 'localhost:80', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    const signer = new SignatureV4({
      ...{ credentials: { accessKeyId, secretAccessKey }, region: 'us-west-2', service: 's3' },
      ...{ sha256: Sha256, uriEscapePath: false },
    })
    const request = { method, path, query, headers, protocol: 'http:', hostname: 'localhost' }
    const signed = await signer.presign(request, { expiresIn: 60, signingDate: new Date(at) })
    const pairs = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
    )
    return `${path}?${pairs.join('&')}`
  }
  const send = (method: 'GET' | 'PUT', url: string, payload?: string) =>
    edge.app.inject({ method, url, headers: { host: 'localhost:80' }, ...(payload !== undefined && { payload }) })

  test('reads and writes what it is for, and nothing else', async () => {
    const get = await presign('GET', '/lab/ada/1')
    expect((await send('GET', get)).body).toBe('ada/1')
    expect((await send('PUT', get, 'x')).statusCode).toBe(403)
    expect((await send('GET', get.replace('/ada/1', '/bob/1'))).statusCode).toBe(403)
    expect((await send('PUT', await presign('PUT', '/lab/new'), 'by url')).statusCode).toBe(200)
    expect((await edge.call({ path: '/lab/new' })).body).toBe('by url')
  })

  test('may carry headers of S3', async () => {
    const url = await presign('PUT', '/lab/new', { 'x-amz-meta-n': '1', 'x-amz-checksum-crc32': 'AAAAAA==' })
    expect((await send('PUT', url, 'x')).statusCode).toBe(200)
    expect(await edge.store.head({ bucket: 'lab', key: 'new' })).toMatchObject({ metadata: { n: '1' } })
  })

  test('ends', async () => {
    const late = await send('GET', await presign('GET', '/lab/ada/1', {}, Date.UTC(2026, 10, 22, 14, 58)))
    expect([late.statusCode, late.body]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')])
  })
})

describe('a stranger', () => {
  test.each(['/lab', '/lab/ada/1', '/none/x'])('is refused %s in the form of S3', async (url) => {
    const got = await edge.app.inject({ method: 'GET', url })
    expect([got.statusCode, got.headers['content-type']]).toEqual([403, 'application/xml'])
    expect(got.body).toContain('<Code>AccessDenied</Code>')
  })

  test('with a URL that is signed as of old learns what to do', async () => {
    const got = await edge.app.inject({ method: 'GET', url: '/lab/ada/1?AWSAccessKeyId=KEYroot&Signature=x&Expires=1' })
    expect([got.statusCode, got.body]).toEqual([400, expect.stringContaining('set the signature version s3v4')])
  })

  test('with a wrong clock is told so', async () => {
    const { method, url, headers } = await edge.sign({ path: '/lab', at: new Date(Date.UTC(2026, 10, 22, 12)) })
    const got = await edge.app.inject({ method, url, headers })
    expect([got.statusCode, got.body]).toEqual([403, expect.stringContaining('RequestTimeTooSkewed')])
  })
})

test('the owner that a client expects is the account or the one that is shown', async () => {
  const ask = async (owner: string) =>
    (await edge.call({ path: '/lab', headers: { 'x-amz-expected-bucket-owner': owner } })).status
  expect([await ask('123456789012'), await ask('root'), await ask('999999999999')]).toEqual([200, 200, 403])
})
