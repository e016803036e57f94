/**
 * Bounds the number of connections of HTTP servers. When the bound is reached, the oldest
 * connection that has not authenticated is closed to make room. If all have authenticated, the new
 * connection is closed. No client may have so many that others find no room.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export class ConnectionRoom {
  readonly #most: number
  readonly #mostOfEach: number
  /** The oldest first. */
  readonly #strangers = new Set<Socket>()
  /** Whose each connection is; undefined for a client without a name. */
  readonly #known = new Map<Socket, string | undefined>()
  /** Connections of each owner. */
  readonly #counts = new Map<string, number>()
  readonly #byAddresses = new Map<string, Socket>()

  /** `most` connections in all, and `mostOfEach` of one owner. */
  constructor(most: number, mostOfEach = most) {
    this.#most = most
    this.#mostOfEach = mostOfEach
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
   * socket than the connection, with the same addresses. Returns false if the owner has too many:
   * the connection is then to be closed.
   */
  vouchFor(socket: Socket, owner?: string): boolean {
    if (this.#known.has(socket)) return true
    const connection = this.#strangers.has(socket) ? socket : this.#byAddresses.get(addressesOf(socket))
    if (!connection || !this.#strangers.has(connection)) return true
    const count = owner === undefined ? 0 : (this.#counts.get(owner) ?? 0)
    if (count >= this.#mostOfEach) return false
    if (owner !== undefined) this.#counts.set(owner, count + 1)
    this.#strangers.delete(connection)
    this.#known.set(connection, owner)
    return true
  }

  #forget(socket: Socket): void {
    const owner = this.#known.get(socket)
    this.#known.delete(socket)
    if (owner === undefined) return
    const count = this.#counts.get(owner)! - 1
    if (count > 0) this.#counts.set(owner, count)
    else this.#counts.delete(owner)
  }

  #admit(socket: Socket): void {
    this.#strangers.add(socket)
    const addresses = addressesOf(socket)
    this.#byAddresses.set(addresses, socket)
    socket.once('close', () => {
      if (this.#byAddresses.get(addresses) === socket) this.#byAddresses.delete(addresses)
      this.#strangers.delete(socket)
      this.#forget(socket)
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
