/**
 * Sends one request and reads the whole answer. Node's own `fetch` cannot be told whom to trust.
 */
import { type IncomingHttpHeaders, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface Outgoing {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Certificates in PEM that are trusted instead of those that are trusted everywhere. */
  readonly ca?: string | undefined
  readonly body?: string
  /** More bytes of an answer are an error. Default: no limit. */
  readonly bytesMax?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Throws the system's error, or the signal's. Follows no redirection. */
export function send(url: URL, { method, headers, signal, ca, body, bytesMax = Infinity }: Outgoing): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { method, headers, signal, agent: false }
    const request =
      url.protocol === 'https:' ? requestHttps(url, { ...options, ...(ca && { ca }) }) : requestHttp(url, options)
    request.on('error', reject)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      let bytes = 0
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > bytesMax) response.destroy(new Error(`the answer has more than ${bytesMax} bytes`))
        else pieces.push(piece)
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text: Buffer.concat(pieces).toString('utf8') })
      })
    })
    request.end(body)
  })
}
