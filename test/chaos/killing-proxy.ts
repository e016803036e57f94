/**
 * A socket between server and engine that has the server killed at a moment that no failpoint
 * reaches: after a call has left the server and before its answer arrives. The engine still acts on
 * the call.
 */
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/**
 * `asked`: the call is on its way to the engine. `done`: the engine has acted, and its answer is
 * lost.
 */
export const wirePoints = ['create asked', 'create done', 'start asked', 'start done', 'delete asked'] as const
export type WirePoint = (typeof wirePoints)[number]

const calls: Record<string, RegExp> = {
  create: /^POST (\/v[0-9.]+)?\/containers\/create\b/,
  start: /^POST (\/v[0-9.]+)?\/containers\/[^/]+\/start\b/,
  delete: /^DELETE (\/v[0-9.]+)?\/containers\//,
}

export interface KillingProxy {
  readonly dockerHost: string
  /** Calls `kill` once, at the `n`-th passing of the point. */
  arm(point: WirePoint, n: number, kill: () => void): void
  disarm(): void
  stop(): Promise<void>
}

export async function startKillingProxy(engineSocket: string, proxySocket: string): Promise<KillingProxy> {
  let armed: { point: WirePoint; left: number; kill: () => void } | undefined

  const passes = (call: string, moment: 'asked' | 'done') => {
    if (!armed) return
    const [verb, when] = armed.point.split(' ')
    if (when !== moment || !calls[verb!]!.test(call) || --armed.left > 0) return
    const { kill } = armed
    armed = undefined
    kill()
  }

  function pass(incoming: IncomingMessage, reply: ServerResponse): void {
    const { method, url, headers } = incoming
    const call = `${method} ${url}`
    const outgoing = request({ socketPath: engineSocket, method, path: url, headers, agent: false }, (answer) => {
      passes(call, 'done')
      reply.writeHead(answer.statusCode ?? 500, answer.headers)
      reply.flushHeaders()
      answer.pipe(reply)
      answer.on('error', () => incoming.socket.destroy())
    })
    outgoing.on('error', () => incoming.socket.destroy())
    // A call that only reads may be abandoned. A call that acts is carried through, whoever made
    // it.
    reply.on('close', () => {
      if (method === 'GET' || url?.includes('/wait')) outgoing.destroy()
    })
    const body: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => body.push(chunk))
    incoming.on('end', () => {
      passes(call, 'asked')
      outgoing.end(Buffer.concat(body))
    })
  }

  const server = createServer(pass)
  await rm(proxySocket, { force: true })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(proxySocket, resolve))
  return {
    dockerHost: `unix://${proxySocket}`,
    arm(point, n, kill) {
      armed = { point, left: n, kill }
    },
    disarm() {
      armed = undefined
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
