import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** A socket that passes everything on to an engine, and on demand loses a reply after the engine has acted. */
export interface LossyProxy {
  readonly dockerHost: string
  /** The reply to the next `POST …/start` never comes; its connection breaks instead. */
  loseNextStartReply(): void
  /** How many calls whose `METHOD path` matches have been passed on. */
  count(pattern: RegExp): number
  stop(): Promise<void>
}

export async function startLossyProxy(engineSocket: string, proxySocket: string): Promise<LossyProxy> {
  let losesStart = false
  const seen: string[] = []

  function pass(incoming: IncomingMessage, reply: ServerResponse): void {
    const { method, url, headers } = incoming
    seen.push(`${method} ${url}`)
    const isLost = losesStart && method === 'POST' && /\/containers\/[^/]+\/start$/.test(url ?? '')
    if (isLost) losesStart = false
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
    count: (pattern) => seen.filter((call) => pattern.test(call)).length,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
