/**
 * Sends the body of one try of a request: once, and as many bytes as its headers say. Another try
 * opens the source anew, and so begins at the right place.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Failure, messageOf } from './failure.ts'
import { bytesPassed } from './passing-bytes.ts'

/** A buffer, or what opens a stream of `content-length` bytes at their beginning. */
export type RequestBody = Buffer | (() => Readable)

/** What was to be sent cannot be read, or is not what it was. Another try would not help. */
export class BodyFailure extends Failure {
  override readonly name = 'BodyFailure'
}

/** How long a server is given to say that it takes a large body, ms. Old servers say nothing. */
const continueWithinMs = 1000

export class BodySender {
  readonly #request: ClientRequest
  readonly #body: RequestBody | undefined
  readonly #bytes: number
  #content: Readable | undefined
  #begun = false

  constructor(request: ClientRequest, body: RequestBody | undefined, bytes: number) {
    this.#request = request
    this.#body = body
    this.#bytes = bytes
    request.once('response', (answer) => this.#answered(answer))
    request.once('close', () => this.#content?.destroy())
  }

  now(): void {
    // The server may allow the body after the time for that is over, when the body is on its way.
    if (this.#begun || this.#request.destroyed) return
    this.#begun = true
    if (typeof this.#body === 'function') this.#pipe(this.#body())
    else this.#request.end(this.#body)
  }

  /** For a request with `Expect: 100-continue`. */
  onceAllowed(): void {
    const timer = setTimeout(() => this.now(), continueWithinMs)
    this.#request.once('continue', () => this.now())
    for (const event of ['continue', 'response', 'close']) this.#request.once(event, () => clearTimeout(timer))
  }

  #pipe(content: Readable): void {
    this.#content = content
    let sent = 0
    content.on('data', (chunk: Buffer) => {
      sent += chunk.length
      bytesPassed(chunk.length)
    })
    content.once('error', (error) => this.#request.destroy(new BodyFailure(messageOf(error))))
    content.once('end', () => {
      if (sent === this.#bytes) this.#request.end()
      else this.#request.destroy(new BodyFailure(`${this.#bytes} bytes were to be sent, and there are ${sent} now`))
    })
    content.pipe(this.#request, { end: false })
  }

  /**
   * A refusal may come before the body was sent or asked for. The rest of it is of no use, and
   * without it neither is the connection.
   */
  #answered(answer: IncomingMessage): void {
    if ((answer.statusCode ?? 0) < 300 || this.#request.writableFinished) return
    this.#begun = true
    this.#content?.unpipe(this.#request)
    this.#content?.destroy()
    answer.once('end', () => {
      if (!this.#request.writableFinished) this.#request.destroy()
    })
  }
}
