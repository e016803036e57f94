/**
 * The canonical form of a request, which SigV4 hashes. The rules (double encoding, white space,
 * order of the query) are the AWS SDK's own. Only the hashing is ours, because the SDK's is
 * asynchronous throughout and takes twice the time.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { isUtf8 } from 'node:buffer'
import { getCanonicalHeaders, SignatureV4, UNSIGNED_PAYLOAD } from '@smithy/signature-v4'
import type { SignedRequest } from './signed-request.ts'

type Query = Record<string, string | string[]>

/** Exposes the step of the SDK's signer that writes the canonical request. */
class CanonicalForm extends SignatureV4 {
  constructor(encodePathTwice: boolean) {
    const nobody = { accessKeyId: '', secretAccessKey: '' }
    const unused = class {
      update() {}
      reset() {}
      digest = () => Promise.reject(new Error('the signer is not used for hashing'))
    }
    super({ credentials: nobody, region: '', service: '', sha256: unused, uriEscapePath: encodePathTwice })
  }

  write(
    request: SignedRequest,
    path: string,
    query: Query,
    signedHeaders: readonly string[],
    bodyHash: string,
  ): string {
    const headers: Record<string, string> = Object.create(null)
    for (const name of signedHeaders) {
      const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined
      headers[name] = headerText(Array.isArray(value) ? value.join(',') : (value ?? ''))
    }
    const bare = { method: request.method, path, query, headers, protocol: 'http:', hostname: '' }
    const canonicalHeaders = getCanonicalHeaders(bare, undefined, new Set(signedHeaders))
    return this.createCanonicalRequest(bare, canonicalHeaders, bodyHash)
  }
}

/** Node reads headers as Latin-1. Clients that send UTF-8 sign UTF-8. */
export function headerText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
  if (!/[^\x00-\x7f]/.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : value
}

const s3Form = new CanonicalForm(false)
const usualForm = new CanonicalForm(true)

/** Returns the canonical request. Paths are encoded a second time for every service but S3. */
export function canonicalRequest(
  request: SignedRequest,
  target: { path: string; query: Query },
  service: string,
  signedHeaders: readonly string[],
  bodyHash: string,
): string {
  const form = service === 's3' ? s3Form : usualForm
  return form.write(request, target.path, target.query, signedHeaders, bodyHash)
}

/** Splits a raw request target. Undefined when the query is not properly percent-encoded. */
export function splitTarget(url: string): { path: string; query: Query } | undefined {
  const mark = url.indexOf('?')
  if (mark < 0) return { path: url, query: {} }
  const query: Query = Object.create(null)
  for (const pair of url.slice(mark + 1).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) return undefined
    const earlier = query[name]
    query[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value]
  }
  return { path: url.slice(0, mark), query }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export { UNSIGNED_PAYLOAD }
