/**
 * Measures what attempts have on the disk. What they leave there is hostile: no link is followed, a
 * directory that is replaced meanwhile leads nowhere, and no walk looks at more than a bounded
 * number of entries. Of a larger tree, the figure is what was found so far, and so never too much.
 */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../model/limits.ts'

/** From the end of one round to the beginning of the next, at least. */
const restMs = 5_000
/** And at least so many times as long as the round took. */
const restTimes = 10

export class DiskMeter {
  readonly #directoriesOf: (attempt: string) => readonly string[]
  /** The most that was found of each attempt, MiB. */
  readonly #peaks = new Map<string, number>()
  #latest: ReadonlyMap<string, number> = new Map()
  #round: Promise<void> | undefined
  #nextRoundAtMs = 0

  constructor(directoriesOf: (attempt: string) => readonly string[]) {
    this.#directoriesOf = directoriesOf
  }

  /** What was found last, MiB by attempt. Begins another round if it is time for one. */
  latest(running: readonly string[]): ReadonlyMap<string, number> {
    if (this.#round === undefined && performance.now() >= this.#nextRoundAtMs)
      this.#round = this.#measureAll(running).finally(() => {
        this.#round = undefined
      })
    return this.#latest
  }

  /** The most that the attempt had on the disk, MiB, as far as it was seen. Forgets the attempt. */
  async last(attempt: string): Promise<number> {
    const now = await this.#measure(attempt)
    const peak = this.#peaks.get(attempt) ?? 0
    this.#peaks.delete(attempt)
    return Math.max(now, peak)
  }

  async #measureAll(running: readonly string[]): Promise<void> {
    const begunMs = performance.now()
    const found = new Map<string, number>()
    for (const attempt of running) found.set(attempt, await this.#measure(attempt))
    for (const attempt of this.#peaks.keys()) if (!found.has(attempt)) this.#peaks.delete(attempt)
    for (const [attempt, mib] of found) this.#peaks.set(attempt, Math.max(mib, this.#peaks.get(attempt) ?? 0))
    this.#latest = found
    const endedMs = performance.now()
    this.#nextRoundAtMs = endedMs + Math.max(restMs, restTimes * (endedMs - begunMs))
  }

  async #measure(attempt: string): Promise<number> {
    const walk = new Walk()
    for (const directory of this.#directoriesOf(attempt)) await walk.enter(directory)
    return walk.bytes / 1_048_576
  }
}

class Walk {
  bytes = 0
  #left: number = limits.diskMeterEntries
  #depth = 0

  /** Nothing that cannot be read counts. */
  async enter(directory: string): Promise<void> {
    if (this.#left <= 0 || this.#depth >= limits.diskMeterDepth) return
    let opened: FileHandle
    try {
      opened = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    } catch {
      return
    }
    this.#depth++
    try {
      // The path by the descriptor stays this very directory, whatever its name leads to by now.
      await this.#list(`/proc/self/fd/${opened.fd}`)
    } catch {
      // It was removed meanwhile.
    } finally {
      this.#depth--
      await opened.close()
    }
  }

  async #list(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      if (this.#left-- <= 0) return
      const path = join(directory, name)
      const stat = await lstat(path).catch(() => undefined)
      if (!stat) continue
      // A file with several names counts for each: hard links within a job are rare.
      this.bytes += stat.blocks * 512
      if (stat.isDirectory()) await this.enter(path)
    }
  }
}
