/**
 * How much room the disk of a directory has. A disk that does not answer holds up nobody: its
 * figures are left out meanwhile.
 */
import { stat, statfs } from 'node:fs/promises'
import { delay } from '../../ground/timers.ts'

export interface DiskRoom {
  /** The number of the file system: the same for all directories on it. */
  readonly device: number
  readonly sizeBytes: number
  /** What is left for users other than root. */
  readonly freeBytes: number
  /** Files that can still be made; undefined if the file system has no limit. */
  readonly freeInodes: number | undefined
}

const patienceMs = 2000

export class DiskFigures {
  readonly #directory: string
  #asking: Promise<void> | undefined
  #room: DiskRoom | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The result of the last look; undefined if the disk did not answer. */
  get room(): DiskRoom | undefined {
    return this.#room
  }

  async look(): Promise<void> {
    this.#room = undefined
    this.#asking ??= this.#ask()
    const answered = new AbortController()
    await Promise.race([this.#asking.then(() => answered.abort()), delay(patienceMs, answered.signal)])
  }

  async #ask(): Promise<void> {
    try {
      const { bsize, blocks, bavail, files, ffree } = await statfs(this.#directory)
      const { dev } = await stat(this.#directory)
      this.#room = {
        device: dev,
        sizeBytes: blocks * bsize,
        freeBytes: bavail * bsize,
        freeInodes: files > 0 ? ffree : undefined,
      }
    } catch {
      this.#room = undefined
    } finally {
      this.#asking = undefined
    }
  }
}
