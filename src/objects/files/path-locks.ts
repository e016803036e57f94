/** Work on one path at a time. Work on other paths goes on. */
export class PathLocks {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` when all earlier work on the path has ended. */
  async run<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(path)
    const mine = before ? before.then(work, work) : work()
    const ended = mine.then(
      () => {},
      () => {},
    )
    this.#last.set(path, ended)
    try {
      return await mine
    } finally {
      if (this.#last.get(path) === ended) this.#last.delete(path)
    }
  }

  /** Resolves when the work on the path that is under way has ended. Undefined if there is none. */
  settled(path: string): Promise<unknown> | undefined {
    return this.#last.get(path)
  }
}
