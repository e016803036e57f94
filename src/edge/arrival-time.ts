/**
 * Limits how long requests take to arrive. Node limits their total time, which is too short for an
 * object of some gigabytes; here a body that is streamed may take as long as it makes progress.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

interface Arriving {
  readonly response: ServerResponse
  readonly dueMs: number
}

/** Looks for requests that are late at one time in so many during the limit. */
const looksPerLimit = 20

export class ArrivalTime {
  readonly #ms: number
  /** The one that is due first comes first. */
  readonly #arriving = new Map<IncomingMessage, Arriving>()
  /** One timer for all requests: one for each would cost as much as reading its body. */
  #looking: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  /** The whole request must be there in time, whether its body is read or thrown away. */
  limit(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
    if (length === '0' && encoding === undefined) return
    this.#arriving.delete(request)
    this.#arriving.set(request, { response, dueMs: performance.now() + this.#ms })
    this.#looking ??= setInterval(() => this.#look(), this.#ms / looksPerLimit).unref()
  }

  /** Nothing more is expected of the request. */
  done(request: IncomingMessage): void {
    this.#arriving.delete(request)
  }

  /** Passes the pieces of the body on. Only the time until the next piece is limited, and not that of their reader. */
  async *byProgress(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Buffer> {
    this.done(request)
    let isWaiting = true
    const timer = setInterval(() => {
      if (isWaiting) cutOff(request, response)
    }, this.#ms)
    timer.unref()
    const stop = () => {
      clearInterval(timer)
      if (!request.complete && !request.readableEnded) this.limit(request, response)
    }
    // A reader that is never asked for more, and never told to stop, does not come to the end below.
    response.once('close', stop)
    try {
      for await (const piece of request.iterator({ destroyOnReturn: false })) {
        isWaiting = false
        yield piece
        isWaiting = true
        timer.refresh()
      }
    } finally {
      response.off('close', stop)
      stop()
    }
  }

  #look(): void {
    const now = performance.now()
    for (const [request, { response, dueMs }] of this.#arriving) {
      const isLate = dueMs <= now && !request.complete
      if (isLate) cutOff(request, response)
      if (isLate || request.complete || request.destroyed) this.#arriving.delete(request)
      else if (dueMs > now) break
    }
    if (this.#arriving.size > 0) return
    clearInterval(this.#looking)
    this.#looking = undefined
  }
}

function cutOff(request: IncomingMessage, response: ServerResponse): void {
  if (!response.headersSent) request.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  // Ends the connection too, because the request is not whole.
  request.destroy()
}
