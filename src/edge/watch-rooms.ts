/** Who watches: so many in all, and so many of one user. All of them end when the server stops. */
export class WatchRooms {
  readonly #most: number
  readonly #mostOfUser: number
  readonly #ofUsers = new Map<string, number>()
  readonly #closers = new Set<() => void>()
  #all = 0

  constructor(most: number, mostOfUser: number) {
    this.#most = most
    this.#mostOfUser = mostOfUser
  }

  get watchers(): number {
    return this.#all
  }

  /** `close` ends the watcher. Returns what to call when the watcher leaves, any number of times; undefined if there is no room. */
  enter(user: string, close: () => void): (() => void) | undefined {
    const ofUser = this.#ofUsers.get(user) ?? 0
    if (this.#all >= this.#most || ofUser >= this.#mostOfUser) return undefined
    this.#all++
    this.#ofUsers.set(user, ofUser + 1)
    this.#closers.add(close)
    return () => {
      if (!this.#closers.delete(close)) return
      this.#all--
      const left = this.#ofUsers.get(user)! - 1
      if (left === 0) this.#ofUsers.delete(user)
      else this.#ofUsers.set(user, left)
    }
  }

  /** Ends all of them. */
  stop(): void {
    for (const close of [...this.#closers]) close()
  }
}
