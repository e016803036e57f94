/**
 * Keeps a few log files open for writing, however many streams grow. The file that has been idle
 * longest is closed first.
 */

import { descriptorLimit } from '../../ground/exhaustion.ts'
import { Gate } from '../../ground/gate.ts'
import { limits } from '../../model/limits.ts'
import { closeFile, openOrCreate } from './files.ts'

export class OpenFiles {
  readonly #mostIdle: number
  readonly #inUse: Gate
  /** In the order of last use. */
  readonly #idle = new Map<string, number>()

  /** At most `most` are open at once: half of them in use, half waiting for their next use. */
  constructor(most = Math.min(limits.logOpenFiles, descriptorLimit() / 8)) {
    this.#mostIdle = Math.max(2, Math.floor(most / 2))
    this.#inUse = new Gate(this.#mostIdle)
  }

  /**
   * Opens the file, or makes it if it is missing, and runs `work` on it. The writer of a path calls
   * this once at a time.
   */
  use<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
    return this.#inUse.pass(async () => {
      const fd = this.#idle.get(path) ?? (await openOrCreate(path))
      this.#idle.delete(path)
      try {
        const result = await work(fd)
        this.#idle.set(path, fd)
        await this.#closeOldest()
        return result
      } catch (error) {
        // The descriptors of a failed disk stay unusable even when the disk is back, so the next
        // use opens the file anew.
        if (this.#idle.get(path) !== fd) await closeFile(fd).catch(() => {})
        throw error
      }
    })
  }

  async forget(path: string): Promise<void> {
    const fd = this.#idle.get(path)
    if (fd === undefined) return
    this.#idle.delete(path)
    await closeFile(fd)
  }

  async closeAll(): Promise<void> {
    for (const path of [...this.#idle.keys()]) await this.forget(path)
  }

  async #closeOldest(): Promise<void> {
    if (this.#idle.size <= this.#mostIdle) return
    const [oldest] = this.#idle.keys()
    await this.forget(oldest!)
  }
}
