/** Signs requests to a service, tries them again as the retry mode says, and reads its errors. */
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { SignatureV4 } from '@smithy/signature-v4'
import { backoffMs } from '../../ground/backoff.ts'
import { Sha256 } from '../../ground/sha256.ts'
import { elementOf } from '../../ground/xml-element.ts'
import type { CredentialSource } from './credentials.ts'
import { ServiceError } from './failure.ts'
import { ConnectionFailure, type HttpCaller, type HttpRequest, readBody } from './http-caller.ts'
import type { Settings } from './settings.ts'

export interface Call {
  readonly operation: string
  readonly method: string
  readonly url: URL
  /** Percent-encoded, as it is signed and sent. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: HttpRequest['body']
}

const mostErrorBytes = 65_536
/** The codes on which every SDK tries again, whatever the status. */
const retried =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled(Exception)?|TooManyRequestsException|RequestLimitExceeded|BandwidthLimitExceeded|SlowDown|RequestTimeout|RequestTimeoutException|InternalError|PriorRequestNotComplete)$/

export class ServiceClient {
  readonly #settings: Settings
  readonly #http: HttpCaller
  readonly #credentials: CredentialSource
  readonly #signer: SignatureV4

  constructor(service: 's3' | 'sts', settings: Settings, http: HttpCaller, credentials: CredentialSource) {
    this.#settings = settings
    this.#http = http
    this.#credentials = credentials
    this.#signer = new SignatureV4({
      service,
      region: settings.region,
      sha256: Sha256,
      uriEscapePath: service !== 's3',
      // S3's payload header comes with the call.
      applyChecksum: true,
      credentials: async () => (await credentials.get())!,
    })
  }

  /** The successful answer, whose body the caller reads or destroys. */
  async send(call: Call): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#try(call)
      } catch (error) {
        if (!isWorthAnother(error) || attempt >= this.#settings.attempts) throw error
        await delay(Math.random() * backoffMs(attempt - 1, 1000, 20_000))
      }
    }
  }

  /** The body of the successful answer. */
  async text(call: Call, mostBytes: number): Promise<string> {
    return readBody(await this.send(call), mostBytes)
  }

  async #try(call: Call): Promise<IncomingMessage> {
    const query = call.query ?? {}
    const headers = { ...call.headers, host: call.url.host, 'user-agent': 'aws-cli/2.0.0 openbatch' }
    const signed = (await this.#credentials.get())
      ? await this.#signer.sign({
          method: call.method,
          protocol: call.url.protocol,
          hostname: call.url.hostname,
          path: call.path,
          query,
          headers,
          body: Buffer.isBuffer(call.body) ? call.body : '',
        })
      : { headers }
    const search = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    const answer = await this.#http.once({
      method: call.method,
      url: call.url,
      path: `${call.path}${search.length > 0 ? `?${search.join('&')}` : ''}`,
      headers: signed.headers,
      ...(call.body !== undefined && { body: call.body }),
    })
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) return answer
    throw await errorOf(call.operation, answer)
  }
}

/** RFC 3986, as signatures want it. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

async function errorOf(operation: string, answer: IncomingMessage): Promise<ServiceError> {
  const status = answer.statusCode ?? 0
  const body = await readBody(answer, mostErrorBytes).catch(() => '')
  // An answer to HEAD has no body: its code is the status.
  const code = elementOf(body, 'Code') ?? String(status)
  const message = elementOf(body, 'Message') ?? answer.statusMessage ?? 'Unknown'
  return new ServiceError(code, operation, message, status)
}

export function isWorthAnother(error: unknown): boolean {
  if (error instanceof ConnectionFailure) return true
  return error instanceof ServiceError && ([500, 502, 503, 504].includes(error.status) || retried.test(error.code))
}
