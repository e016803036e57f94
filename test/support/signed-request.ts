/** Signs requests for tests with the SDK's own signer, for `fastify.inject` and for plain HTTP. */
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../src/ground/sha256.ts'

export interface SigningKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface RequestToSign {
  readonly method?: string
  /** Percent-encoded, as it goes over the wire. */
  readonly path: string
  readonly query?: Record<string, string | string[]>
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly service?: string
  readonly at?: Date
}

/** Returns what `fastify.inject` takes: method, url, headers and payload of the signed request. */
export async function signRequest(key: SigningKey, request: RequestToSign) {
  const { method = 'POST', path, query = {}, headers = {}, body = '', service = 'batch', at = new Date() } = request
  const signer = new SignatureV4({
    credentials: key,
    region: 'us-west-2',
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  })
  const signed = await signer.sign(
    { method, path, query, headers: { host: 'localhost:80', ...headers }, body, protocol: 'http:', hostname: '' },
    { signingDate: at },
  )
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  )
  const url = pairs.length > 0 ? `${path}?${pairs.join('&')}` : path
  return { method: method as 'POST', url, headers: signed.headers, ...(method === 'GET' ? {} : { payload: body }) }
}
