/** Signs requests to a service, tries them again as the retry mode says, and reads its errors. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { SignatureV4 } from '@smithy/signature-v4'
import { backoffMs } from '../../ground/backoff.ts'
import { Sha256 } from '../../ground/sha256.ts'
import { readXml, textOf, type XmlElement } from '../../ground/xml-reader.ts'
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
  /** Sent although the command was told to stop. */
  readonly cleansUp?: boolean
}

const mostErrorBytes = 65_536
/** An answer that is nothing but headers, or a short document. */
const mostShortBytes = 65_536
/** The codes on which every SDK tries again, whatever the status. */
const retried =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled(Exception)?|TooManyRequestsException|RequestLimitExceeded|BandwidthLimitExceeded|SlowDown|RequestTimeout|RequestTimeoutException|InternalError|ServiceUnavailable|PriorRequestNotComplete)$/

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
  stream(call: Call): Promise<IncomingMessage> {
    return this.#again(call, () => this.#try(call))
  }

  /** The headers of the successful answer, once its body has arrived too. */
  headers(call: Call): Promise<IncomingHttpHeaders> {
    return this.#again(call, async () => {
      const answer = await this.#try(call)
      refuseError(call.operation, readXml(await readBody(answer, mostShortBytes)), answer)
      return answer.headers
    })
  }

  /**
   * The document in the successful answer. S3 sends the status 200 before it has completed an upload
   * or copied an object, and a document `Error` if that fails then. An answer that is cut short, or
   * that is no document of this `root`, says nothing of what happened: the call is tried again.
   */
  document(call: Call, root: string, mostBytes = mostShortBytes): Promise<XmlElement> {
    return this.#again(call, async () => {
      const answer = await this.#try(call)
      const document = readXml(await readBody(answer, mostBytes))
      refuseError(call.operation, document, answer)
      if (document?.name !== root) throw new UnreadableAnswer(call.operation, root)
      return document
    })
  }

  async #again<T>({ cleansUp = false }: Call, once: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once()
      } catch (error) {
        if (!isWorthAnother(error) || attempt >= this.#settings.attempts) throw error
        const ms = Math.random() * backoffMs(attempt - 1, 1000, 20_000)
        await (cleansUp ? delay(ms) : this.#http.interruption.pause(ms))
      }
    }
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
      ...(call.cleansUp && { cleansUp: true }),
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

/** A 200 that holds something else than the operation's answer: a proxy's page, or half a document. */
class UnreadableAnswer extends ConnectionFailure {
  constructor(operation: string, root: string) {
    super(`Unable to parse response of ${operation}, invalid XML received: there is no ${root} in it`)
  }
}

function refuseError(operation: string, document: XmlElement | undefined, answer: IncomingMessage): void {
  if (document?.name === 'Error') throw serviceError(operation, document, answer)
}

async function errorOf(operation: string, answer: IncomingMessage): Promise<ServiceError> {
  return serviceError(operation, readXml(await readBody(answer, mostErrorBytes).catch(() => '')), answer)
}

/** S3's document is an `Error`, and that of STS holds one. */
function serviceError(operation: string, document: XmlElement | undefined, answer: IncomingMessage): ServiceError {
  const status = answer.statusCode ?? 0
  const error = document?.children.find(({ name }) => name === 'Error') ?? document
  // An answer to HEAD has no body: its code is the status.
  const code = (error && textOf(error, 'Code')) || String(status)
  const message = (error && textOf(error, 'Message')) ?? answer.statusMessage ?? 'Unknown'
  return new ServiceError(code, operation, message, status)
}

export function isWorthAnother(error: unknown): boolean {
  if (error instanceof ConnectionFailure) return true
  return error instanceof ServiceError && ([500, 502, 503, 504].includes(error.status) || retried.test(error.code))
}
