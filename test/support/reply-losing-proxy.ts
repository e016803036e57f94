/**
 * A TCP proxy in front of a server. On demand it loses the next reply: the server has acted, and
 * the client's connection breaks.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface ReplyLosingProxy {
  readonly endpoint: string
  /** The next bytes that come back are dropped and their connection is broken. */
  loseNextReply(): void
  /** How many replies were lost. */
  readonly lost: number
  /** How many requests were passed on whose first line contains the text. */
  requests(text: string): number
  stop(): Promise<void>
}

export async function startReplyLosingProxy(target: string): Promise<ReplyLosingProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  let isToLose = false
  let lost = 0
  const lines: string[] = []

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      open.add(socket)
      // Either side may close; the other then closes too.
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      lines.push(...(bytes.toString('latin1').match(/^[A-Z]+ \S+ HTTP\/1\.1$/m) ?? []))
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (!isToLose) return void client.write(bytes)
      isToLose = false
      lost++
      client.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextReply() {
      isToLose = true
    },
    get lost() {
      return lost
    },
    requests: (text) => lines.filter((line) => line.includes(text)).length,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
