/**
 * Requests that the SDK's own signer signs are accepted. Anything altered, late or unknown is
 * refused in AWS's words.
 */
import { createHash } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Sha256 } from '../ground/sha256.ts'
import { type Key, verifySignature } from './signature.ts'
import type { SignedRequest } from './signed-request.ts'

const now = Date.UTC(2026, 10, 22, 15, 0, 0)
const key: Key<string> = { accessKeyId: 'OBTESTKEY', secretAccessKey: 'wJalr/XUtn', owner: 'ada', disabled: false }
const findKey = (id: string) => (id === key.accessKeyId ? key : undefined)

interface Options {
  service?: string
  secret?: string
  atMs?: number
  sessionToken?: string
}

function signer(options: Options) {
  const service = options.service ?? 'batch'
  const session = options.sessionToken === undefined ? {} : { sessionToken: options.sessionToken }
  const credentials = {
    accessKeyId: key.accessKeyId,
    secretAccessKey: options.secret ?? key.secretAccessKey,
    ...session,
  }
  return new SignatureV4({
    credentials,
    region: 'us-west-2',
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  })
}

interface Bare {
  method?: string
  path?: string
  query?: Record<string, string | string[]>
  headers?: Record<string, string>
  body?: string
}

function urlOf(path: string, query: Record<string, string | string[] | null> = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map(
      (one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`,
    ),
  )
  return pairs.length > 0 ? `${path}?${pairs.join('&')}` : path
}

async function signed(bare: Bare = {}, options: Options = {}): Promise<SignedRequest> {
  const { method = 'POST', path = '/v1/submitjob', query = {}, headers = {}, body = '{}' } = bare
  const request = await signer(options).sign(
    { method, path, query, headers: { host: 'localhost:8642', ...headers }, body, protocol: 'http:', hostname: '' },
    { signingDate: new Date(options.atMs ?? now) },
  )
  const lower = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { method, url: urlOf(path, query), headers: lower, body: Buffer.from(body) }
}

const verify = (request: SignedRequest, at = now) => verifySignature(request, findKey, at)

describe('what the SDK signs', () => {
  test('is accepted, and the body is known', async () => {
    const bodyHash = createHash('sha256').update('{}').digest('hex')
    expect(verify(await signed())).toEqual({
      kind: 'verified',
      owner: 'ada',
      scope: { accessKeyId: key.accessKeyId, date: '20261122', region: 'us-west-2', service: 'batch' },
      bodyHash,
    })
  })

  test('is accepted for any path, query, headers and body', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    const headers = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[ !-~]{0,20}$/), {
      maxKeys: 5,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(text.map(encodeURIComponent), { maxLength: 4 }),
        fc.dictionary(
          fc.stringMatching(/^[a-zA-Z:+ %é]{1,8}$/),
          fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
        ),
        headers,
        text,
        fc.constantFrom('batch', 's3', 'logs'),
        async (segments, query, someHeaders, body, service) => {
          const request = await signed(
            { path: `/${segments.join('/')}`, query, headers: someHeaders, body },
            { service },
          )
          expect(verify(request)).toMatchObject({ kind: 'verified' })
          const altered = { ...request, body: Buffer.from(`${body}.`) }
          expect(verify(altered)).toMatchObject({ code: 'InvalidSignatureException' })
          expect(verify({ ...request, method: 'PUT' })).toMatchObject({ code: 'InvalidSignatureException' })
          expect(verify({ ...request, url: `/x${request.url}` })).toMatchObject({ code: 'InvalidSignatureException' })
        },
      ),
      { numRuns: 60 },
    )
  })

  test('is accepted as a presigned URL until the URL expires', async () => {
    const request = await signer({ service: 's3' }).presign(
      {
        method: 'GET',
        path: '/bucket/a%20b',
        query: {},
        headers: { host: 'localhost:8642', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        protocol: 'http:',
        hostname: '',
      },
      {
        signingDate: new Date(now),
        expiresIn: 600,
        unsignableHeaders: new Set(['x-amz-content-sha256']),
        unhoistableHeaders: new Set(['x-amz-content-sha256']),
      },
    )
    const presigned = {
      method: 'GET',
      url: urlOf(request.path, request.query ?? {}),
      headers: { host: 'localhost:8642' },
    }
    expect(verify(presigned, now + 599_000)).toMatchObject({ kind: 'verified', bodyHash: 'UNSIGNED-PAYLOAD' })
    expect(verify(presigned, now + 601_000)).toMatchObject({ code: 'InvalidSignatureException', cause: 'expired' })
  })

  test('is accepted with a token left over from another login', async () => {
    expect(verify(await signed({}, { sessionToken: 'stale' }))).toMatchObject({ kind: 'verified' })
  })
})

describe('refuses', () => {
  const code = (request: SignedRequest, at = now) => {
    const verdict = verify(request, at)
    return verdict.kind === 'verified' ? 'verified' : verdict.code
  }

  test('a request without a signature', () => {
    expect(code({ method: 'POST', url: '/v1/submitjob', headers: { host: 'h' } })).toBe(
      'MissingAuthenticationTokenException',
    )
  })

  test('another secret, and an unknown key', async () => {
    expect(code(await signed({}, { secret: 'guess' }))).toBe('InvalidSignatureException')
    const verdict = verifySignature(await signed(), () => undefined, now)
    expect(verdict).toMatchObject({ code: 'UnrecognizedClientException' })
  })

  test('a disabled key', async () => {
    const verdict = verifySignature(await signed(), () => ({ ...key, disabled: true }), now)
    expect(verdict).toMatchObject({ code: 'UnrecognizedClientException', cause: 'disabled' })
  })

  test('a clock that is more than five minutes off, fifteen for S3', async () => {
    const early = await signed()
    expect(code(early, now + 300_000)).toBe('verified')
    const expired = verify(early, now + 301_000)
    expect(expired).toMatchObject({
      code: 'InvalidSignatureException',
      message: 'Signature expired: 20261122T150000Z is now earlier than 20261122T150001Z (20261122T150501Z - 5 min.)',
    })
    expect(verify(early, now - 301_000)).toMatchObject({ code: 'InvalidSignatureException', cause: 'clock' })
    expect(code(await signed({}, { service: 's3' }), now + 800_000)).toBe('verified')
  })

  test('a session token that is not the key’s, or has expired', async () => {
    const session = { token: 'right', expiresAtMs: now + 1000 }
    const find = () => ({ ...key, session })
    expect(verifySignature(await signed({}, { sessionToken: 'right' }), find, now)).toMatchObject({ kind: 'verified' })
    for (const sessionToken of ['wrong', undefined]) {
      const request = await signed({}, sessionToken === undefined ? {} : { sessionToken })
      expect(verifySignature(request, find, now)).toMatchObject({ code: 'UnrecognizedClientException' })
    }
    const late = await signed({}, { sessionToken: 'right' })
    expect(verifySignature(late, find, now + 1000)).toMatchObject({ code: 'ExpiredTokenException' })
  })

  test('a body that does not match x-amz-content-sha256', async () => {
    const request = await signed({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
    expect(verify(request)).toMatchObject({ code: 'InvalidSignatureException', cause: 'body' })
  })

  test('a target that is not signed', async () => {
    const request = await signed()
    const headers = { ...request.headers, 'x-amz-target': 'Logs_20140328.GetLogEvents' }
    expect(code({ ...request, headers })).toBe('IncompleteSignatureException')
  })

  test('a presigned URL whose x-amz-target is not signed', async () => {
    const request = await signer({}).presign(
      { method: 'POST', path: '/', query: {}, headers: { host: 'localhost:8642' }, protocol: 'http:', hostname: '' },
      { signingDate: new Date(now), expiresIn: 600 },
    )
    const presigned = {
      method: 'POST',
      url: urlOf(request.path, request.query ?? {}),
      headers: { host: 'localhost:8642' },
      body: Buffer.from(''),
    }
    expect(code(presigned)).toBe('verified')
    const headers = { ...presigned.headers, 'x-amz-target': 'Logs_20140328.GetLogEvents' }
    expect(code({ ...presigned, headers })).toBe('IncompleteSignatureException')
  })

  test('any AWS header that is not signed', async () => {
    const request = await signed()
    const headers = { ...request.headers, 'x-amz-acl': 'public-read' }
    expect(verify({ ...request, headers })).toMatchObject({
      code: 'IncompleteSignatureException',
      message: 'There were headers present in the request which were not signed: x-amz-acl',
      service: 'batch',
    })
  })

  test.each([
    ['a parameter twice', (it: string) => `${it}, Signature=00`],
    ['a parameter nobody knows', (it: string) => `${it}, Extra=1`],
    ['a part that is no pair', (it: string) => `${it}, nothing`],
    ['a second set of parameters', (it: string) => `${it},${it.slice('AWS4-HMAC-SHA256 '.length)}`],
  ])('an Authorization header with %s', async (_, alter) => {
    const request = await signed()
    const headers = { ...request.headers, authorization: alter(String(request.headers.authorization)) }
    expect(code({ ...request, headers })).toBe('IncompleteSignatureException')
  })

  test('names that every object has are ordinary names', async () => {
    const request = await signed()
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const authorization = String(request.headers.authorization).replace(
        'SignedHeaders=host',
        `SignedHeaders=${name.toLowerCase()};host`,
      )
      expect(code({ ...request, headers: { ...request.headers, authorization } })).toBe('InvalidSignatureException')
      expect(code({ ...request, url: `/v1/submitjob?${name}=1` })).toBe('InvalidSignatureException')
    }
  })

  test('every Authorization header gets an answer, never an exception', () => {
    const date = { 'x-amz-date': '20261122T150000Z', host: 'h' }
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `AWS4-HMAC-SHA256 Credential=${rest}, SignedHeaders=host, Signature=00`),
          fc
            .string()
            .map(
              (rest) =>
                `AWS4-HMAC-SHA256 Credential=OBTESTKEY/20261122/r/s/aws4_request, SignedHeaders=host;${rest}, Signature=${rest}`,
            ),
        ),
        fc.string(),
        (authorization, url) => {
          expect(code({ method: 'POST', url, headers: { ...date, authorization }, body: Buffer.from('') })).not.toBe(
            'verified',
          )
        },
      ),
    )
  })
})
