/**
 * An HTTP client that costs as little as one in Node can, so that the server is what is measured:
 * requests are made beforehand, answers are counted and not kept.
 */
import { connect, type Socket } from 'node:net'

export interface RawRequest {
  /** The head, and a body that is sent with it. */
  readonly head: Buffer
  /** A longer body: this piece, so many times. */
  readonly body?: { readonly piece: Buffer; readonly times: number }
  /** Done after the answer, and before the next request. */
  readonly afterwards?: () => Promise<void>
}

const receiveBytes = 1024 * 1024
const endOfHead = Buffer.from('\r\n\r\n')

/** One keep-alive connection, with one request at a time. */
export class RawConnection {
  readonly #socket: Socket
  #head: Buffer[] = []
  #bodyLeft = 0
  #isInBody = false
  #waiting: { resolve: () => void; reject: (error: Error) => void } | undefined
  #failure: Error | undefined

  constructor(port: number) {
    const buffer = Buffer.allocUnsafe(receiveBytes)
    this.#socket = connect({
      ...{ port, host: '127.0.0.1', noDelay: true },
      onread: {
        buffer,
        callback: (bytes) => {
          this.#receive(buffer.subarray(0, bytes))
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** Resolves when the whole answer has come. Rejects if it is not a success. */
  async send({ head, body, afterwards }: RawRequest): Promise<void> {
    if (this.#failure) throw this.#failure
    const answered = new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
    answered.catch(() => {})
    this.#socket.write(head)
    if (body) await this.#write(body)
    await answered
    await afterwards?.()
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  async #write({ piece, times }: { readonly piece: Buffer; readonly times: number }): Promise<void> {
    for (let time = 0; time < times && !this.#failure; time++)
      if (!this.#socket.write(piece)) await new Promise<void>((resolve) => this.#onDrain(resolve))
  }

  #onDrain(resolve: () => void): void {
    const done = () => {
      this.#socket.off('drain', done)
      this.#socket.off('close', done)
      resolve()
    }
    this.#socket.on('drain', done)
    this.#socket.on('close', done)
  }

  #receive(bytes: Buffer): void {
    if (!this.#isInBody) {
      const at = bytes.indexOf(endOfHead)
      if (at < 0) {
        this.#head.push(Buffer.from(bytes))
        return
      }
      this.#begin(Buffer.concat([...this.#head, bytes.subarray(0, at + 4)]).toString('latin1'))
      this.#head = []
      this.#bodyLeft -= bytes.length - at - 4
    } else this.#bodyLeft -= bytes.length
    if (this.#bodyLeft > 0) return
    this.#isInBody = false
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve()
  }

  #begin(head: string): void {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? []
    if (!status?.startsWith('2')) return this.#fail(new Error(`not a success: ${head}`))
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
    if (length === undefined && status !== '204') return this.#fail(new Error(`no length: ${head}`))
    this.#bodyLeft = Number(length ?? 0)
    this.#isInBody = true
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
    this.#socket.destroy()
  }
}

/** Sends the requests over so many connections, each the next one that nobody has sent. Resolves with seconds. */
export async function sendAll(
  port: number,
  connections: number,
  requests: readonly RawRequest[],
  share = requests.length,
): Promise<number> {
  const open = Array.from({ length: Math.min(connections, share) }, () => new RawConnection(port))
  let next = 0
  const before = performance.now()
  try {
    await Promise.all(
      open.map(async (connection) => {
        while (next < share) await connection.send(requests[next++ % requests.length]!)
      }),
    )
    return (performance.now() - before) / 1000
  } finally {
    for (const connection of open) connection.close()
  }
}
