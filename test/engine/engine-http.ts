import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'

/**
 * The few raw Engine API calls that the test engine and the tests make, independent of the driver
 * under test.
 */

export interface EngineReply {
  readonly status: number
  readonly body: string
}

/** Makes one call over the engine's socket. Resolves with any status. */
export function callEngine(
  socketPath: string,
  method: string,
  path: string,
  body?: object | Buffer,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<EngineReply> {
  return new Promise((resolve, reject) => {
    const isTar = Buffer.isBuffer(body)
    const payload = body === undefined || isTar ? body : JSON.stringify(body)
    const type = { 'content-type': isTar ? 'application/x-tar' : 'application/json' }
    const headers = { ...(payload === undefined ? {} : type), ...extraHeaders }
    const outgoing = request({ socketPath, method, path, headers, agent: false }, (incoming) => {
      readAll(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, body: text }), reject)
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

/** Like `callEngine`, but throws unless the status is 2xx or 304, and returns the parsed body. */
export async function engineJson(
  socketPath: string,
  method: string,
  path: string,
  body?: object | Buffer,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const reply = await callEngine(socketPath, method, path, body, extraHeaders)
  if (reply.status >= 300 && reply.status !== 304) throw new Error(`${method} ${path}: ${reply.status} ${reply.body}`)
  try {
    return JSON.parse(reply.body)
  } catch {
    return reply.body
  }
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
