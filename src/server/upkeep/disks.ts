/** Watches the disks on which attempts write, so that jobs are held back before one is full. */
import type { Logger } from 'pino'
import { disksSeen } from '../../core/instance/driver-seen.ts'
import type { State } from '../../core/state/state.ts'
import type { Driver } from '../../drivers/driver.ts'
import { Repeating } from '../../ground/repeating.ts'
import { realTimers, type Timers } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { type OfferedDisk, offeredDisk } from '../../model/offered-disk.ts'
import type { Loop } from '../loop/loop.ts'

export interface DisksOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly loop: Pick<Loop, 'execute'> & { readonly state: Pick<State, 'drivers'> }
  readonly log: Logger
  readonly everyMs: number
  /** MiB; undefined for the default, which depends on the disk. */
  readonly keepFreeMib?: number | undefined
  readonly timers?: Timers
}

export interface SeenDisk extends OfferedDisk {
  readonly hostName: string
  readonly written: ReadonlyMap<string, number>
}

/** Many attempts may be removed in this time, and the disk is looked at once. */
const afterRemovalMs = 100

export class Disks {
  readonly #options: DisksOptions
  readonly #rounds: Repeating
  readonly #failed = new Set<string>()
  #cancelLook: (() => void) | undefined

  constructor(options: DisksOptions) {
    this.#options = options
    const { everyMs, log } = options
    const whenFailed = 'the disks could not be looked at; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, run: () => this.#lookAtAll() })
  }

  start(): Promise<void> {
    return this.#rounds.start()
  }

  stop(): Promise<void> {
    this.#cancelLook?.()
    return this.#rounds.stop()
  }

  /** Directories of an attempt were removed. Jobs may wait for the space. */
  readonly noteRemoval = (): void => {
    if (this.#cancelLook || !this.#isTight()) return
    const { wakeAfter } = this.#options.timers ?? realTimers
    this.#cancelLook = wakeAfter(afterRemovalMs, () => {
      this.#cancelLook = undefined
      this.#lookAtAll().catch((err) => this.#options.log.warn({ err }, 'the disks could not be looked at'))
    })
  }

  /** None for a driver that knows no disks, or cannot read them now. */
  async of(name: string, driver: Driver): Promise<readonly SeenDisk[]> {
    try {
      const disks = (await driver.disks?.(this.#runningOn(name))) ?? []
      this.#failed.delete(name)
      const { keepFreeMib } = this.#options
      return disks.map(({ hostName, written, ...room }) => ({ hostName, written, ...offeredDisk(room, keepFreeMib) }))
    } catch (err) {
      if (!this.#failed.has(name)) this.#options.log.warn({ err, driver: name }, 'the disk of jobs cannot be looked at')
      this.#failed.add(name)
      return []
    }
  }

  #runningOn(driver: string): string[] {
    const slots = this.#options.loop.state.drivers.get(driver)?.index.slots() ?? []
    return [...slots].flatMap(({ tenants }) =>
      [...tenants].flatMap(([name, { attempt }]) => (attempt.driver === driver ? [name] : [])),
    )
  }

  async #lookAtAll(): Promise<void> {
    const { drivers, loop } = this.#options
    await Promise.all(
      [...drivers].map(async ([name, driver]) => {
        const disks = await this.of(name, driver)
        if (disks.length > 0) await loop.execute(disksSeen(name, disks))
      }),
    )
  }

  #isTight(): boolean {
    const { drivers, loop } = this.#options
    for (const [name, driver] of drivers)
      if (driver.disks)
        for (const { disk } of loop.state.drivers.get(name)?.index.slots() ?? [])
          if (disk && disk.freeMib < limits.scratchTightMib) return true
    return false
  }
}
