/** CORS rules of buckets: set and shown, what browsers ask before a request, and what they read in answers. */
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge({ objectDomains: ['s3.lab.example'] })
  await edge.make({ method: 'PUT', path: '/lab' })
  await edge.make({ method: 'PUT', path: '/lab/o', body: 'o' })
})

const query = { cors: '' }
const put = (...rules: string[]) =>
  edge.call({ method: 'PUT', path: '/lab', query, body: `<CORSConfiguration>${rules.join('')}</CORSConfiguration>` })
const rule = (members: string) => `<CORSRule>${members}</CORSRule>`
const get = '<AllowedMethod>GET</AllowedMethod>'
const anywhere = '<AllowedOrigin>*</AllowedOrigin>'
const page = '<AllowedOrigin>https://lab.example</AllowedOrigin>'

describe('the rules of a bucket', () => {
  test('are shown as they were put, until they are removed', async () => {
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchCORSConfiguration')
    const one = rule(
      `<ID>one</ID><AllowedHeader>*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>${page}<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>`,
    )
    const two = rule(`<AllowedMethod>HEAD</AllowedMethod>${anywhere}`)
    expect((await put(one, two)).status).toBe(200)
    expect((await edge.call({ path: '/lab', query })).body).toContain(`>${one}${two}</CORSConfiguration>`)
    expect((await edge.call({ method: 'DELETE', path: '/lab', query })).status).toBe(204)
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchCORSConfiguration')
  })

  test.each<[string, string, string]>([
    ['', 'MalformedXML', 'not well-formed'],
    [rule(get), 'MalformedXML', 'not well-formed'],
    [rule(anywhere), 'MalformedXML', 'not well-formed'],
    [rule(`${get}${anywhere}<Other>x</Other>`), 'MalformedXML', 'not well-formed'],
    [rule(`${get}${anywhere}<MaxAgeSeconds>-1</MaxAgeSeconds>`), 'MalformedXML', 'not well-formed'],
    [rule(`${get}<AllowedOrigin>a&#13;&#10;b: c</AllowedOrigin>`), 'MalformedXML', 'not well-formed'],
    [rule(`${get}${anywhere}<ExposeHeader>a&#13;&#10;b</ExposeHeader>`), 'MalformedXML', 'not well-formed'],
    [rule(`<AllowedMethod>get</AllowedMethod>${anywhere}`), 'InvalidRequest', 'Unsupported method is get'],
    [rule(`<AllowedMethod>PATCH</AllowedMethod>${anywhere}`), 'InvalidRequest', 'Unsupported method is PATCH'],
    [rule(`${get}<AllowedOrigin>*.*</AllowedOrigin>`), 'InvalidRequest', 'can not have more than one wildcard'],
    [rule(`${get}${anywhere}<AllowedHeader>x-*-*</AllowedHeader>`), 'InvalidRequest', 'more than one wildcard'],
    [rule(`${get}${anywhere}<ExposeHeader>x-*</ExposeHeader>`), 'InvalidRequest', 'contains wildcard'],
    [rule(`${get}${anywhere}<ID>x</ID>`).repeat(2), 'InvalidRequest', 'RuleId must be unique'],
    [rule(`${get}${anywhere}<ID>${'x'.repeat(256)}</ID>`), 'InvalidArgument', 'ID length'],
    [rule(`${get}${anywhere}`).repeat(101), 'MalformedXML', 'not well-formed'],
    [rule(`${get}${anywhere}`).repeat(100) + ' '.repeat(70_000), 'MalformedXML', 'not well-formed'],
  ])('are refused: %.60s', async (rules, code, text) => {
    const refused = await put(rules)
    expect([refused.status, refused.code, refused.body]).toEqual([400, code, expect.stringContaining(text)])
  })
})

describe('a browser that asks first', () => {
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const {
      statusCode,
      headers: answered,
      body,
    } = await edge.app.inject({
      ...{ method: 'OPTIONS', url },
      headers: { host: 'localhost:80', ...headers },
    })
    return { status: statusCode, headers: answered, body, code: /<Code>(\w+)<\/Code>/.exec(body)?.[1] }
  }
  const fromPage = (method: string, more = {}) => ({
    ...{ origin: 'https://lab.example', 'access-control-request-method': method },
    ...more,
  })

  test('learns what a page may do, without a signature', async () => {
    await put(rule(`${get}${page}<AllowedHeader>x-amz-*</AllowedHeader><MaxAgeSeconds>60</MaxAgeSeconds>`))
    for (const url of ['/lab/o', '/lab/none', '/lab', '/lab/o?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=x']) {
      const got = await ask(url, fromPage('GET', { 'access-control-request-headers': 'x-amz-date' }))
      expect([got.status, got.body]).toEqual([200, ''])
      expect(got.headers).toMatchObject({
        'access-control-allow-origin': 'https://lab.example',
        'access-control-allow-methods': 'GET',
        'access-control-allow-headers': 'x-amz-date',
        'access-control-max-age': '60',
      })
    }
    const refused = await ask('/lab/o', fromPage('PUT'))
    expect([refused.status, refused.code]).toEqual([403, 'AccessForbidden'])
    expect(refused.body).toContain('<Method>PUT</Method><ResourceType>OBJECT</ResourceType>')
    expect(refused.headers['access-control-allow-origin']).toBeUndefined()
    expect((await ask('/lab/o', fromPage('GET', { 'access-control-request-headers': 'range' }))).status).toBe(403)
  })

  test('of a bucket by its host learns the same', async () => {
    await put(rule(`${get}${page}`))
    const host = { host: 'lab.s3.lab.example:8642' }
    expect((await ask('/o', fromPage('GET', host))).status).toBe(200)
    expect((await ask('/', fromPage('GET', host))).status).toBe(200)
    expect((await ask('/healthz', fromPage('PUT', host))).code).toBe('AccessForbidden')
  })

  test('does not learn whether a bucket is there', async () => {
    const [without, absent] = [await ask('/lab/o', fromPage('GET')), await ask('/none/o', fromPage('GET'))]
    for (const got of [without, absent]) {
      expect([got.status, got.code]).toEqual([403, 'AccessForbidden'])
      expect(got.body).toContain('CORSResponse: CORS is not enabled for this bucket.')
    }
  })

  test.each<[string, Record<string, string>, string]>([
    ['no origin', { 'access-control-request-method': 'GET' }, 'Origin request header needed'],
    ['no method', { origin: 'https://lab.example' }, 'Invalid Access-Control-Request-Method: null'],
    ['another method', fromPage('TRACE'), 'Invalid Access-Control-Request-Method: TRACE'],
  ])('with %s is refused', async (_, headers, text) => {
    const got = await ask('/lab/o', headers)
    expect([got.status, got.code, got.body]).toEqual([400, 'BadRequest', expect.stringContaining(text)])
  })

  test('for what is not S3 is answered as before', async () => {
    expect((await ask('/', fromPage('GET'))).status).toBe(404)
  })
})

describe('an answer to a page', () => {
  const call = async (path: string, origin?: string) =>
    (await edge.call({ path, ...(origin && { headers: { origin } }) })).headers
  test('has the headers of the rule that holds, also where it is a refusal', async () => {
    await put(rule(`${get}${page}<ExposeHeader>ETag</ExposeHeader>`))
    for (const path of ['/lab/o', '/lab/none'])
      expect(await call(path, 'https://lab.example')).toMatchObject({
        'access-control-allow-origin': 'https://lab.example',
        'access-control-expose-headers': 'ETag',
        vary: expect.stringContaining('Origin'),
      })
    const unsigned = await edge.app.inject({ url: '/lab/o', headers: { origin: 'https://lab.example' } })
    expect([unsigned.statusCode, unsigned.headers['access-control-allow-origin']]).toEqual([403, 'https://lab.example'])
    for (const headers of [await call('/lab/o'), await call('/lab/o', 'https://evil.example')])
      expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('a bucket in the name of the host', () => {
  const of = (bucket: string) => ({ host: `${bucket}.s3.lab.example:8642` })
  test('is read, listed and written, signed over the path as it was sent', async () => {
    await edge.make({ method: 'PUT', path: '/a/b%20c', headers: of('lab'), body: 'x' })
    expect((await edge.call({ path: '/lab/a/b%20c' })).body).toBe('x')
    expect((await edge.call({ path: '/a/b%20c', headers: of('lab') })).body).toBe('x')
    expect((await edge.call({ path: '/', query: { 'list-type': '2' }, headers: of('LAB') })).body).toContain(
      '<Name>lab</Name>',
    )
    await edge.make({ method: 'PUT', path: '/', headers: of('new') })
    await edge.make({ method: 'DELETE', path: '/', headers: of('new') })
  })

  test('serves nothing else there: pages of the server are keys', async () => {
    await edge.make({ method: 'PUT', path: '/healthz', headers: of('lab'), body: 'mine' })
    expect((await edge.call({ path: '/healthz', headers: of('lab') })).body).toBe('mine')
    const unsigned = await edge.app.inject({ url: '/healthz', headers: of('lab') })
    expect([unsigned.statusCode, unsigned.body]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')])
  })

  test('is not taken over by a request that was signed for another host', async () => {
    await edge.make({ method: 'PUT', path: '/other' })
    const signed = await edge.sign({ path: '/o', headers: of('lab') })
    const { statusCode } = await edge.app.inject({
      method: 'GET',
      url: '/o',
      headers: { ...signed.headers, ...of('other') },
    })
    expect(statusCode).toBe(403)
  })

  test.each(['..', 'UP%2F..', 'a_b', 'x'.repeat(64), '*'])('named %s is refused', async (bucket) => {
    expect((await edge.call({ path: '/o', headers: of(bucket) })).status).toBeGreaterThanOrEqual(400)
    const made = await edge.call({ method: 'PUT', path: '/', headers: of(bucket) })
    expect(made.code).toBe('InvalidBucketName')
  })
})
