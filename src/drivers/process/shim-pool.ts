import { delay } from '../../ground/timers.ts'
import type { Cgroup, CgroupLimits, Cgroups } from './cgroups.ts'
import { type Claimed, ShimProcess, type ShimRun } from './shim-process.ts'

/**
 * The shims of this server: as many as attempts run at once. Each takes the next attempt when its
 * last one has ended.
 */
export interface ShimPoolOptions {
  readonly shell: string
  readonly base: string
  readonly cgroups: Cgroups
  /**
   * How many shims are held at once, each with two descriptors. Beyond this number, the shims whose
   * attempts began longest ago are released and end with their attempts. An attempt that outlasts
   * so many others gains little from a shim that is kept.
   */
  readonly mostHeld: number
}

/** Idle shims that are kept, even after a burst of attempts. Each takes a megabyte. */
const keptIdle = 16
const removeTries = 50
const removePauseMs = 10

export class ShimPool {
  readonly #options: ShimPoolOptions
  readonly #idle: ShimProcess[] = []
  readonly #all = new Set<ShimProcess>()
  /** Held shims whose attempt has begun, in the order in which they began. */
  readonly #running = new Set<ShimProcess>()
  /** Shims whose descriptors were given back. */
  readonly #letGo = new Set<ShimProcess>()
  #closed = false

  constructor(options: ShimPoolOptions) {
    this.#options = options
  }

  /** Hands the attempt to an idle shim, or to a new one. */
  run(relativeDirectory: string, limits: CgroupLimits): ShimRun {
    try {
      return this.#take(limits).give(relativeDirectory)
    } catch (error) {
      // There is no cgroup, or no memory for a process.
      const claimed: Claimed = { kind: 'broken', why: `no process can be started: ${(error as Error).message}` }
      return { claimed: Promise.resolve(claimed), ended: Promise.resolve(), wake: () => {} }
    }
  }

  /** Releases the shims. Each ends after the attempt that it runs. */
  close(): void {
    this.#closed = true
    for (const shim of this.#all) shim.end()
    if (this.#all.size === 0) this.#options.cgroups.close()
  }

  /** Returns an idle shim with these limits, or one that can be given them. */
  #take(limits: CgroupLimits): ShimProcess {
    const text = textOf(limits)
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      if (this.#idle[index]!.limits === text) return this.#idle.splice(index, 1)[0]!
    }
    for (let shim = this.#idle.shift(); shim !== undefined; shim = this.#idle.shift()) {
      try {
        shim.cgroup.setLimits(limits)
        shim.limits = text
        return shim
      } catch {
        shim.end()
      }
    }
    return this.#add(limits, text)
  }

  #add(limits: CgroupLimits, text: string): ShimProcess {
    const { cgroups } = this.#options
    this.#holdAtMost(this.#options.mostHeld - 1)
    const cgroup = cgroups.make(limits)
    try {
      const shim: ShimProcess = new ShimProcess(this.#options, cgroup, text, {
        begun: () => this.#begun(shim),
        free: () => this.#free(shim),
        gone: () => this.#gone(shim, cgroup),
      })
      this.#all.add(shim)
      return shim
    } catch (error) {
      cgroup.remove()
      throw error
    }
  }

  #begun(shim: ShimProcess): void {
    if (this.#letGo.has(shim)) return
    this.#running.add(shim)
    // Many may have been handed out before any of them began.
    this.#holdAtMost(this.#options.mostHeld)
  }

  #holdAtMost(most: number): void {
    while (this.#all.size - this.#letGo.size > most) {
      const [oldest] = this.#running
      if (oldest === undefined) return
      this.#running.delete(oldest)
      this.#letGo.add(oldest)
      oldest.letGo()
    }
  }

  #free(shim: ShimProcess): void {
    this.#running.delete(shim)
    if (this.#letGo.has(shim)) return
    const kept = Math.min(keptIdle, this.#options.mostHeld / 2)
    if (this.#closed || this.#idle.length >= kept || shim.cgroup.holdsMemory()) shim.end()
    else this.#idle.push(shim)
  }

  async #gone(shim: ShimProcess, cgroup: Cgroup): Promise<void> {
    this.#all.delete(shim)
    this.#running.delete(shim)
    this.#letGo.delete(shim)
    const index = this.#idle.indexOf(shim)
    if (index >= 0) this.#idle.splice(index, 1)
    // The kernel releases a process a moment after its parent was notified. The next server sweeps
    // whatever is left.
    for (let tries = 0; !cgroup.remove() && tries < removeTries; tries++) await delay(removePauseMs)
    if (this.#closed && this.#all.size === 0) this.#options.cgroups.close()
  }
}

function textOf({ memoryMib, vcpus, cpuIsHardLimit }: CgroupLimits): string {
  return `${memoryMib} ${vcpus} ${cpuIsHardLimit}`
}
