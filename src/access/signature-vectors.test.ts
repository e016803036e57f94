/**
 * AWS's published signing vectors: requests with the signatures that AWS's own clients make of them,
 * in the header and in the URL. `signature-vectors.json` names where they are from.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canonicalRequest, splitTarget } from './canonical-request.ts'
import { verifySignature } from './signature.ts'
import type { SignedRequest } from './signed-request.ts'

interface Vector {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

interface VectorCase {
  readonly name: string
  /** Whether the client resolves dots and slashes of the path before it signs. */
  readonly normalize: boolean
  readonly token?: string
  /** Where the path is not normalised: the canonical request of the one that is signed in the header. */
  readonly canonical?: string
  readonly header: Vector
  readonly query: Vector
}

interface Vectors {
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly signedAt: string
  readonly expiresSeconds: number
  readonly cases: readonly VectorCase[]
}

const vectors: Vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'signature-vectors.json'), 'utf8'))
const signedAtMs = Date.parse(vectors.signedAt)

/** As a server receives it: lines that go on are one, and a header that is repeated has several values. */
function received({ method, target, headers, body = '' }: Vector): SignedRequest {
  const byName = Map.groupBy(headers, ([name]) => name.toLowerCase())
  const joined = [...byName].map(([name, pairs]) => {
    const values = pairs.map(([, value]) => value.replaceAll(/\s*\n\s*/g, ' '))
    return [name, values.length > 1 ? values : values[0]!]
  })
  return { method, url: target, headers: Object.fromEntries(joined), body: Buffer.from(body) }
}

function outcome(request: SignedRequest, token: string | undefined, atMs = signedAtMs): string {
  const session = token === undefined ? {} : { session: { token, expiresAtMs: signedAtMs + 864e5 } }
  const findKey = (id: string) =>
    id === vectors.key.accessKeyId ? { ...vectors.key, ...session, owner: 'example', disabled: false } : undefined
  const verdict = verifySignature(request, findKey, atMs)
  return verdict.kind === 'verified' ? 'verified' : verdict.code
}

/** Their client leaves the path as it is, which only S3 takes. Every other service here resolves it. */
const unresolved = [
  ...['get-relative-relative-unnormalized', 'get-relative-unnormalized', 'get-slash-dot-slash-unnormalized'],
  ...['get-slash-pointless-dot-unnormalized', 'get-slash-unnormalized', 'get-slashes-unnormalized'],
]
/** Its client adds the session token after it has signed. No service here takes an AWS header that is not signed. */
const tokenUnsigned = 'post-sts-header-after'

describe.each(['header', 'query'] as const)('signed in the %s', (form) => {
  test.each(vectors.cases.map((each) => [each.name, each] as const))('%s', (name, each) => {
    const request = received(each[form])
    const found = outcome(request, each.token)
    if (name === tokenUnsigned) expect(found).toMatch(/^(Incomplete|Invalid)SignatureException$/)
    else expect(found).toBe(unresolved.includes(name) ? 'InvalidSignatureException' : 'verified')
    if (found !== 'verified') return
    const altered: SignedRequest[] = [
      { ...request, method: 'PUT' },
      { ...request, url: request.url.replace(/\?|$/, '/x$&') },
      { ...request, url: `${request.url}${request.url.includes('?') ? '&' : '?'}x=1` },
      { ...request, headers: { ...request.headers, host: 'other.amazonaws.com' } },
      { ...request, body: Buffer.from('other') },
    ]
    for (const other of altered) expect(outcome(other, each.token)).not.toBe('verified')
  })

  test('is accepted again and again, but only in its time', () => {
    const { token, ...each } = vectors.cases.find(({ name }) => name === 'get-vanilla')!
    const request = received(each[form])
    const lastsMs = form === 'header' ? 300_000 : vectors.expiresSeconds * 1000
    for (const offMs of [0, 0, lastsMs, -300_000]) expect(outcome(request, token, signedAtMs + offMs)).toBe('verified')
    for (const offMs of [lastsMs + 1000, -301_000, 864e5, 365 * 864e5])
      expect(outcome(request, token, signedAtMs + offMs)).toBe('InvalidSignatureException')
  })
})

test.each(vectors.cases.filter(({ canonical }) => canonical !== undefined).map((each) => [each.name, each] as const))(
  '%s is written as published, where the path is left as it is',
  (_, { header, canonical }) => {
    const request = received(header)
    const [authorization = ''] = [request.headers.authorization].flat()
    const signedHeaders = /SignedHeaders=([^,]+)/.exec(authorization)![1]!.split(';')
    const emptyHash = canonical!.split('\n').at(-1)!
    expect(canonicalRequest(request, splitTarget(encodeURI(request.url))!, 's3', signedHeaders, emptyHash)).toBe(
      canonical,
    )
  },
)

test('the vectors are all there', () => {
  expect(vectors.cases).toHaveLength(38)
})
