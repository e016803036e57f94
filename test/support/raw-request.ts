/**
 * Sends requests that no client would send: signed or not, exactly as given. Reads the whole
 * answer.
 */
import { request } from 'node:http'
import type { Credentials } from './openbatch-server.ts'
import { type RequestToSign, signRequest } from './signed-request.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export function sendRaw(
  endpoint: string,
  { method = 'POST', path, headers = {}, body = '' }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    const sent = { ...headers, 'content-length': Buffer.byteLength(body) }
    const outgoing = request({ hostname, port, method, path, headers: sent, agent: false }, async (incoming) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of incoming) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString()
        resolve({ status: incoming.statusCode!, headers: incoming.headers, body: text })
      } catch (error) {
        reject(error)
      }
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Signs and sends. */
export async function sendSigned(endpoint: string, key: Credentials, toSign: RequestToSign): Promise<RawAnswer> {
  const { host } = new URL(endpoint)
  const signed = await signRequest(key, { ...toSign, headers: { host, ...toSign.headers } })
  return sendRaw(endpoint, {
    ...{ method: signed.method, path: signed.url, headers: signed.headers },
    ...(signed.payload === undefined ? {} : { body: signed.payload }),
  })
}
