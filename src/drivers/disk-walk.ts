/**
 * Adds up what is on the disk in directories that a job writes. What a job leaves there is hostile:
 * no link is followed, a directory that is replaced meanwhile leads nowhere, another disk is not
 * entered, and a walk ends after a bounded number of entries and a bounded time. Of a larger tree,
 * the figure is what was found so far, and so never too much.
 */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../model/limits.ts'

export interface WalkLimits {
  readonly entries: number
  readonly depth: number
  readonly ms: number
}

const usual: WalkLimits = {
  entries: limits.diskMeterEntries,
  depth: limits.diskMeterDepth,
  ms: limits.diskMeterWalkMs,
}

/** In bytes. */
export async function bytesBelow(directories: readonly string[], within: WalkLimits = usual): Promise<number> {
  const walk = new Walk(within)
  for (const directory of directories) await walk.enter(directory)
  return walk.bytes
}

class Walk {
  bytes = 0
  readonly #within: WalkLimits
  readonly #endsAtMs: number
  #left: number
  #depth = 0

  constructor(within: WalkLimits) {
    this.#within = within
    this.#endsAtMs = performance.now() + within.ms
    this.#left = within.entries
  }

  /** Nothing that cannot be read counts. */
  async enter(directory: string, disk?: number): Promise<void> {
    if (this.#isOver() || this.#depth >= this.#within.depth) return
    let opened: FileHandle
    try {
      opened = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    } catch {
      return
    }
    this.#depth++
    try {
      const { dev } = await opened.stat()
      if (disk !== undefined && dev !== disk) return
      // The path by the descriptor stays this very directory, whatever its name leads to by now.
      const path = `/proc/self/fd/${opened.fd}`
      for (const inner of await this.#count(path)) await this.enter(join(path, inner), dev)
    } catch {
      // It was removed meanwhile.
    } finally {
      this.#depth--
      await opened.close()
    }
  }

  /** Returns the names of the directories in it. Reads a few entries at a time, however many there are. */
  async #count(directory: string): Promise<string[]> {
    const inner: string[] = []
    for await (const { name } of await opendir(directory)) {
      if (this.#isOver()) break
      this.#left--
      const stat = await lstat(join(directory, name)).catch(() => undefined)
      if (!stat) continue
      // A file with several names counts for each: hard links within a job are rare.
      this.bytes += stat.blocks * 512
      if (stat.isDirectory()) inner.push(name)
    }
    return inner
  }

  #isOver(): boolean {
    return this.#left <= 0 || performance.now() >= this.#endsAtMs
  }
}
