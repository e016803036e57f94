/**
 * Bounds the number of connections of HTTP servers. When the bound is reached, the oldest
 * connection that has not authenticated is closed to make room. If all have authenticated, the new
 * connection is closed.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export class ConnectionRoom {
  readonly #most: number
  /** The oldest first. */
  readonly #strangers = new Set<Socket>()
  readonly #known = new Set<Socket>()

  constructor(most: number) {
    this.#most = most
  }

  get open(): number {
    return this.#strangers.size + this.#known.size
  }

  /** Counts the server's connections from now on. Several servers may share the room. */
  admitThrough(server: Server): void {
    server.on('connection', (socket) => this.#admit(socket))
  }

  /** Call this when the client of a connection has authenticated. */
  vouchFor(socket: Socket): void {
    if (this.#strangers.delete(socket)) this.#known.add(socket)
  }

  #admit(socket: Socket): void {
    this.#strangers.add(socket)
    socket.once('close', () => {
      this.#strangers.delete(socket)
      this.#known.delete(socket)
    })
    if (this.open <= this.#most) return
    const [oldest] = this.#strangers
    oldest!.destroy()
  }
}
