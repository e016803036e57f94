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
  readonly #byAddresses = new Map<string, Socket>()

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

  /**
   * Call this when the client of a connection has authenticated. Over TLS a request has another
   * socket than the connection, with the same addresses.
   */
  vouchFor(socket: Socket): void {
    if (this.#known.has(socket)) return
    const connection = this.#strangers.has(socket) ? socket : this.#byAddresses.get(addressesOf(socket))
    if (connection && this.#strangers.delete(connection)) this.#known.add(connection)
  }

  #admit(socket: Socket): void {
    this.#strangers.add(socket)
    const addresses = addressesOf(socket)
    this.#byAddresses.set(addresses, socket)
    socket.once('close', () => {
      if (this.#byAddresses.get(addresses) === socket) this.#byAddresses.delete(addresses)
      this.#strangers.delete(socket)
      this.#known.delete(socket)
    })
    if (this.open <= this.#most) return
    const [oldest] = this.#strangers
    oldest!.destroy()
  }
}

/** Of both ends: no two open connections have the same. */
function addressesOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
