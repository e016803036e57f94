/**
 * Limits how long requests take to arrive. Node limits their total time, which is too short for an
 * object of some gigabytes; here a body that is streamed may take as long as it makes progress.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

export class ArrivalTime {
  readonly #ms: number
  readonly #timers = new WeakMap<IncomingMessage, NodeJS.Timeout>()

  constructor(ms: number) {
    this.#ms = ms
  }

  /** The whole request must be there in time, whether its body is read or thrown away. */
  limit(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
    if (length === '0' && encoding === undefined) return
    const timer = setTimeout(() => {
      if (!request.complete) cutOff(request, response)
    }, this.#ms)
    timer.unref()
    this.#timers.set(request, timer)
    response.once('close', () => clearTimeout(timer))
    request.once('end', () => clearTimeout(timer))
  }

  /** Passes the pieces of the body on. Only the time until the next piece is limited, and not that of their reader. */
  async *byProgress(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Buffer> {
    clearTimeout(this.#timers.get(request))
    let isWaiting = true
    const timer = setInterval(() => {
      if (isWaiting) cutOff(request, response)
    }, this.#ms)
    timer.unref()
    try {
      for await (const piece of request.iterator({ destroyOnReturn: false })) {
        isWaiting = false
        yield piece
        isWaiting = true
        timer.refresh()
      }
    } finally {
      clearInterval(timer)
      if (!request.complete) this.limit(request, response)
    }
  }
}

function cutOff(request: IncomingMessage, response: ServerResponse): void {
  if (!response.headersSent) request.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  request.socket.destroy()
}
