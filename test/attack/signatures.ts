/**
 * The long form: `npm run attack:signatures [-- --count N] [--sent N]`. A million mutated
 * Authorization headers are held against the check of signatures, and a part of them is sent to a
 * server. Ends with 1 if one is accepted, or if the server does not withstand them.
 */
import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { verifySignature } from '../../src/access/signature.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { signRequest } from '../support/signed-request.ts'
import { mutated, onTheWire } from './mutated-authorization.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, sent: { type: 'string', default: '100000' } },
})

const body = '{}'
const contentType = { 'content-type': 'application/json' }

/** Returns how often each refusal occurred. Throws for a mutation that is accepted. */
async function hold(count: number): Promise<Record<string, number>> {
  const key = { accessKeyId: 'OBTESTKEY', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const at = new Date()
  const { method, url, headers } = await signRequest(key, { path: '/v1/submitjob', body, headers: contentType, at })
  const codes: Record<string, number> = {}
  for (let number = 1; number <= count; number++) {
    const { authorization, by } = mutated(headers.authorization!, number)
    const verdict = verifySignature(
      { method, url, headers: { ...headers, authorization }, body: Buffer.from(body) },
      (id) => (id === key.accessKeyId ? { ...key, owner: 'ada', disabled: false } : undefined),
      at.getTime(),
    )
    if (verdict.kind === 'verified') throw new Error(`mutation ${number} (${by}) is accepted: ${authorization}`)
    codes[verdict.code] = (codes[verdict.code] ?? 0) + 1
  }
  return codes
}

const connections = 8
const answeredWithinMs = 20_000

/**
 * Returns how often each status occurred; `closed` for a connection that was closed without an answer. Prints the mutations
 * that were not answered in time.
 */
async function send(count: number): Promise<Record<string, number>> {
  // Otherwise the server stops looking after a thousand.
  const unlimited = { OPENBATCH_REQUESTS_FAILURE_BURST_PER_ADDRESS: '1000000000' }
  const server = await startServer({ driver: 'scripted', env: { OPENBATCH_LOG_LEVEL: 'fatal', ...unlimited } })
  try {
    const statuses: Record<string, number> = {}
    let next = 1
    const sender = async () => {
      for (let number = next++; number <= count; number = next++) {
        const { status, authorization } = await sendMutated(server, number)
        if (status === '200') throw new Error(`mutation ${number} is accepted: ${authorization}`)
        if (status === 'none') console.log(`mutation ${number} was not answered: ${JSON.stringify(authorization)}`)
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: connections }, sender))
    return statuses
  } finally {
    await server.stop()
  }
}

async function sendMutated({ endpoint, administrator }: TestServer, number: number) {
  const { host, hostname, port } = new URL(endpoint)
  const headers = { host, ...contentType }
  const signed = await signRequest(administrator, { path: '/v1/describejobqueues', body, headers })
  const authorization = onTheWire(signed.headers.authorization!, number)
  const sent = { ...signed.headers, authorization, connection: 'close', 'content-length': String(body.length) }
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`)
  const answer = await exchange(
    connect(Number(port), hostname),
    `POST ${signed.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  )
  return { status: /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? answer, authorization }
}

/** Resolves with all that the server answers until it closes the connection. */
function exchange(socket: Socket, request: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const timer = setTimeout(() => {
      answer = 'none'
      socket.destroy()
    }, answeredWithinMs)
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer || 'closed')
    })
    socket.end(request)
  })
}

const began = performance.now()
const held = await hold(Number(values.count))
const sent = await send(Number(values.sent))
console.log(JSON.stringify({ held, sent, seconds: Math.round((performance.now() - began) / 1000) }, undefined, 2))
process.exitCode = Object.keys(sent).every((status) => /^4/.test(status) || status === 'closed') ? 0 : 1
