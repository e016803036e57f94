/** Uploads by forms, whose fields have the signature. */
import { createHmac } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge({ objectDomains: ['s3.lab.example'] })
  await edge.make({ method: 'PUT', path: '/lab' })
})

const boundary = 'b0undary'
const longDate = '20261122T145500Z'
const scope = '20261122/us-west-2/s3/aws4_request'

function signatureOf(policy: string, secret: string): string {
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(policy).digest('hex')
}

interface Signing {
  readonly fields?: Record<string, string>
  /** In place of those for the fields, and for any key. */
  readonly conditions?: unknown[]
  readonly expiration?: string
  readonly by?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** The fields of a form that is signed. */
function signed({ fields = {}, conditions, expiration = '2026-11-22T16:00:00Z', by = edge.root }: Signing = {}) {
  const all: Record<string, string> = {
    ...{ key: `ada/\${filename}`, 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256' },
    ...{ 'X-Amz-Credential': `${by.accessKeyId}/${scope}`, 'X-Amz-Date': longDate },
    ...fields,
  }
  const own = Object.entries(all).map(([name, value]) =>
    name === 'key' ? ['starts-with', '$key', ''] : { [name]: value },
  )
  const document = { expiration, conditions: [{ bucket: 'lab' }, ...own, ...(conditions ?? [])] }
  const policy = Buffer.from(JSON.stringify(document)).toString('base64')
  return { ...all, Policy: policy, 'X-Amz-Signature': signatureOf(policy, by.secretAccessKey) }
}

async function post(
  fields: Record<string, string>,
  { file = 'content', filename = 'a.txt', url = '/lab', headers = {} } = {},
) {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const last = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n${file}\r\n`
  const answer = await edge.app.inject({
    ...{ method: 'POST', url, payload: `${parts.join('')}${last}--${boundary}--\r\n` },
    headers: { host: 'localhost:80', 'content-type': `multipart/form-data; boundary=${boundary}`, ...headers },
  })
  const { statusCode: status, headers: answered, body } = answer
  return { status, headers: answered, body, code: /<Code>(\w+)<\/Code>/.exec(body)?.[1] }
}

describe('a form that is signed', () => {
  test('stores its file under its name, with what the fields say', async () => {
    const more = { 'Content-Type': 'text/x-é', acl: 'private', 'x-amz-meta-a': 'ü' }
    const tagging = '<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2</Value></Tag></TagSet></Tagging>'
    const got = await post(signed({ fields: { ...more, tagging } }))
    expect([got.status, got.body]).toEqual([204, ''])
    expect(got.headers).toMatchObject({
      etag: '"9a0364b9e99bb480dd25e1f0284c8555"',
      location: 'http://localhost:80/lab/ada/a.txt',
    })
    expect(await edge.store.head({ bucket: 'lab', key: 'ada/a.txt' })).toMatchObject({
      ...{ size: 7, metadata: { a: 'ü' }, tags: { 'a b': '1+2' } },
    })
    expect((await edge.call({ path: '/lab/ada/a.txt' })).body).toBe('content')
  })

  test('is posted to a bucket in the name of the host', async () => {
    const got = await post(signed(), { url: '/', headers: { host: 'lab.s3.lab.example' } })
    expect([got.status, got.headers.location]).toEqual([204, 'http://lab.s3.lab.example/ada/a.txt'])
  })

  test.each([
    ['C:\\dir\\b.txt', 'ada/b.txt'],
    ['/home/ada/b.txt', 'ada/b.txt'],
    ['$&.txt', 'ada/$&.txt'],
  ])('stores %s as %s', async (filename, key) => {
    expect((await post(signed(), { filename })).status).toBe(204)
    expect(await edge.store.head({ bucket: 'lab', key })).toMatchObject({ size: 7 })
  })

  test('is answered as it asks', async () => {
    const ask = (fields: Record<string, string>) => post(signed({ fields }))
    expect((await ask({ success_action_status: '200' })).status).toBe(200)
    expect((await ask({ success_action_status: '404' })).status).toBe(204)
    const made = await ask({ success_action_status: '201' })
    expect(made.status).toBe(201)
    expect(made.body).toContain(
      '<Location>http://localhost:80/lab/ada/a.txt</Location><Bucket>lab</Bucket><Key>ada/a.txt</Key>',
    )
    const sent = await ask({ success_action_redirect: 'https://lab.example/done?x=1' })
    expect([sent.status, sent.headers.location]).toEqual([
      303,
      'https://lab.example/done?x=1&bucket=lab&key=ada%2Fa.txt&etag=%229a0364b9e99bb480dd25e1f0284c8555%22',
    ])
    expect((await ask({ success_action_redirect: 'javascript:alert(1)' })).status).toBe(204)
  })

  test('may do what its signer may: by their policies, and by that of the bucket', async () => {
    const by = edge.addUser('eve')
    const refused = await post(signed({ by }))
    expect([refused.status, refused.body]).toEqual([
      403,
      expect.stringContaining('s3:PutObject on resource: arn:aws:s3:::lab/ada/a.txt'),
    ])
    const Statement = {
      ...{ Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::lab/ada/*' },
      Condition: { StringEquals: { 's3:authType': 'POST' } },
    }
    await edge.make({ method: 'PUT', path: '/lab', query: { policy: '' }, body: JSON.stringify({ Statement }) })
    expect((await post(signed({ by }))).status).toBe(204)
    const tagging = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'
    expect((await post(signed({ by, fields: { tagging } }))).body).toContain('s3:PutObjectTagging')
  })

  test('stores a file only of the size that it may have', async () => {
    const sized = (file: string) => post(signed({ conditions: [['content-length-range', 3, 5]] }), { file })
    expect([(await sized('ab')).code, (await sized('abcdef')).code]).toEqual(['EntityTooSmall', 'EntityTooLarge'])
    expect(await edge.store.head({ bucket: 'lab', key: 'ada/a.txt' })).toMatchObject({ code: 'NoSuchKey' })
    expect([(await sized('abc')).status, (await sized('abcde')).status]).toEqual([204, 204])
  })
})

describe('a form is refused', () => {
  const without = (fields: Record<string, string>, ...names: string[]) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
  test.each<[string, () => Record<string, string>, number, string]>([
    ['without a signature and a policy', () => ({ key: 'x' }), 403, 'AccessDenied'],
    ['without a signature', () => without(signed(), 'X-Amz-Signature'), 400, 'InvalidArgument'],
    ['without a policy', () => without(signed(), 'Policy'), 400, 'InvalidArgument'],
    ['without a credential', () => without(signed(), 'X-Amz-Credential'), 400, 'InvalidArgument'],
    ['without a key', () => without(signed(), 'key'), 400, 'InvalidArgument'],
    [
      'with another signature',
      () => ({ ...signed(), 'X-Amz-Signature': '0'.repeat(64) }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with another policy',
      () => ({ ...signed(), Policy: signed({ conditions: [{ x: 'y' }] }).Policy }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'by a key that is not known',
      () => signed({ by: { accessKeyId: 'NOBODY', secretAccessKey: 's' } }),
      403,
      'InvalidAccessKeyId',
    ],
    ['by another secret', () => signed({ by: { ...edge.root, secretAccessKey: 's' } }), 403, 'SignatureDoesNotMatch'],
    ['after its end', () => signed({ expiration: '2026-11-22T14:00:00Z' }), 403, 'AccessDenied'],
    [
      'that was signed long ago',
      () => signed({ fields: { 'X-Amz-Date': '20261022T145500Z' } }),
      400,
      'AuthorizationHeaderMalformed',
    ],
    ['with a field that the policy does not name', () => ({ ...signed(), 'x-amz-meta-b': 'c' }), 403, 'AccessDenied'],
    [
      'with a line break in a field',
      () => signed({ fields: { 'x-amz-meta-a': 'b\r\nset-cookie: c' } }),
      400,
      'InvalidArgument',
    ],
    [
      'with an access control list',
      () => signed({ fields: { acl: 'public-read' } }),
      400,
      'AccessControlListNotSupported',
    ],
    ['whose checksum is another', () => signed({ fields: { 'x-amz-checksum-crc32': 'AAAAAA==' } }), 400, 'BadDigest'],
    ['with a key that is too long', () => signed({ fields: { key: 'x'.repeat(1025) } }), 400, 'KeyTooLongError'],
    [
      'that is signed by version 2',
      () => ({ key: 'x', AWSAccessKeyId: 'KEYroot', Signature: 's', Policy: 'p' }),
      400,
      'InvalidRequest',
    ],
  ])('%s', async (_, fields, status, code) => {
    const got = await post(fields())
    expect([got.status, got.code]).toEqual([status, code])
    expect((await edge.call({ path: '/lab' })).body).not.toContain('<Contents>')
  })

  test('for another bucket than that of its policy, for none, and for an object', async () => {
    await edge.make({ method: 'PUT', path: '/other' })
    expect((await post(signed(), { url: '/other' })).code).toBe('AccessDenied')
    expect((await post(signed(), { url: '/lab/ada' })).code).toBe('MethodNotAllowed')
    expect((await post(signed(), { url: '/none' })).code).toBe('AccessDenied')
  })

  test('where it is no form', async () => {
    const got = await edge.call({ method: 'POST', path: '/lab', body: 'x' })
    expect([got.status, got.code]).toEqual([412, 'PreconditionFailed'])
    const text = await edge.app.inject({
      method: 'POST',
      url: '/lab',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    expect(text.statusCode).toBe(403)
    const chunks = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
    expect((await post(signed(), { headers: chunks })).status).toBe(403)
  })
})
