import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/**
 * A socket that passes everything on to an engine, and on demand loses replies after the engine has
 * acted.
 */
export interface LossyProxy {
  readonly dockerHost: string
  /** The reply to the next `POST …/start` never arrives; its connection breaks instead. */
  loseNextStartReply(): void
  /**
   * Lets `calls` more calls through. The engine acts on the next one, and its reply is lost. After
   * that nothing gets through, as if the caller had been killed there. `Infinity` ends this.
   */
  cutAfter(calls: number): void
  /** Whether a call was cut off since `cutAfter`. */
  hasCut(): boolean
  /** How many calls whose `METHOD path` matches have been passed on. */
  count(pattern: RegExp): number
  stop(): Promise<void>
}

export async function startLossyProxy(engineSocket: string, proxySocket: string): Promise<LossyProxy> {
  let losesStart = false
  let left = Number.POSITIVE_INFINITY
  const seen: string[] = []

  function pass(incoming: IncomingMessage, reply: ServerResponse): void {
    const { method, url, headers } = incoming
    if (left < 0) {
      incoming.socket.destroy()
      return
    }
    seen.push(`${method} ${url}`)
    const isLostStart = losesStart && method === 'POST' && /\/containers\/[^/]+\/start$/.test(url ?? '')
    if (isLostStart) losesStart = false
    const isLost = isLostStart || left === 0
    left--
    const outgoing = request({ socketPath: engineSocket, method, path: url, headers, agent: false }, (answer) => {
      if (isLost) {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers)
      reply.flushHeaders()
      answer.pipe(reply)
      answer.on('error', () => incoming.socket.destroy())
    })
    outgoing.on('error', () => incoming.socket.destroy())
    reply.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  const server = createServer(pass)
  await rm(proxySocket, { force: true })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(proxySocket, resolve))
  return {
    dockerHost: `unix://${proxySocket}`,
    loseNextStartReply() {
      losesStart = true
    },
    cutAfter(calls) {
      left = calls
    },
    hasCut: () => left < 0,
    count: (pattern) => seen.filter((call) => pattern.test(call)).length,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
