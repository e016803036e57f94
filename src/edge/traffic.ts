/**
 * Counts the bytes that clients send in bodies and are sent in answers, while they go: a download
 * of an hour is not counted at its end alone.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Answer {
  readonly socket: Socket
  /** Of the connection, before this answer. */
  readonly sentBefore: number
}

export class Traffic {
  #received = 0
  /** In answers that have ended. */
  #sent = 0
  readonly #answers = new Set<Answer>()

  get receivedBytes(): number {
    return this.#received
  }

  get sentBytes(): number {
    let sent = this.#sent
    for (const answer of this.#answers) sent += sentIn(answer)
    return sent
  }

  received(bytes: number): void {
    this.#received += bytes
  }

  /** Call it before anything is answered. */
  follow(response: ServerResponse): void {
    const { socket } = response
    if (!socket) return
    const answer = { socket, sentBefore: socket.bytesWritten }
    this.#answers.add(answer)
    response.once('close', () => {
      this.#answers.delete(answer)
      this.#sent += sentIn(answer)
    })
  }
}

function sentIn({ socket, sentBefore }: Answer): number {
  // A connection without a socket of the system counts nothing.
  return Math.max(0, (socket.bytesWritten || 0) - (sentBefore || 0))
}
