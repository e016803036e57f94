/**
 * Makes a request just while a resource changes, which takes only a moment. The server is stopped
 * until a change and the request both wait at its socket. It then takes them up one after the
 * other, at once.
 */
import { readFileSync } from 'node:fs'
import { eventually } from '../../support/eventually.ts'
import type { TestServer } from '../../support/openbatch-server.ts'

const beingModified = /resource is being modified/
/** The change may arrive behind some of them. */
const asksAtOnce = 3

/**
 * Rejects with the expected refusal. Other refusals of `ask`, before or after the change, do not
 * count.
 */
export async function whileChanging(
  server: TestServer,
  change: () => Promise<unknown>,
  ask: () => Promise<unknown>,
): Promise<never> {
  throw await eventually('something refused as it is being modified', async () => {
    const answers = await heldUp(server, [change, ...Array.from({ length: asksAtOnce }, () => ask)])
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []))
    return refusals.find((refusal) => beingModified.test(refusal.message))
  })
}

async function heldUp({ pid, endpoint }: TestServer, requests: readonly (() => Promise<unknown>)[]) {
  const port = Number(new URL(endpoint).port)
  process.kill(pid, 'SIGSTOP')
  try {
    const answers = Promise.allSettled(requests.map((request) => request()))
    const allThere = () => connectionsWithRequests(port) >= requests.length
    await eventually(`${requests.length} requests at the door`, allThere, { withinMs: 10_000, everyMs: 5 })
    process.kill(pid, 'SIGCONT')
    return await answers
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

/** Connections to the port with data that the server has not read. */
function connectionsWithRequests(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const connections = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)
  return connections.filter((line) => {
    const [, address, , state, queues] = line.trim().split(/\s+/)
    const established = state === '01'
    return established && address!.endsWith(local) && Number.parseInt(queues!.split(':')[1]!, 16) > 0
  }).length
}
