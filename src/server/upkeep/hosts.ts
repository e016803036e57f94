/**
 * Asks every driver, again and again, whether it answers and which hosts it offers, and sends the
 * changes to the loop.
 */

import type { Logger } from 'pino'
import { driverSeen } from '../../core/instance/driver-seen.ts'
import type { Host } from '../../core/state/host.ts'
import type { Driver } from '../../drivers/driver.ts'
import { Repeating } from '../../ground/repeating.ts'
import { stableId } from '../../ground/stable-id.ts'
import type { Loop } from '../loop/loop.ts'
import type { SeenDisk } from './disks.ts'

export interface HostsOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly loop: Pick<Loop, 'execute'>
  readonly log: Logger
  readonly installationId: string
  readonly everyMs: number
  readonly disksOf?: (name: string, driver: Driver) => Promise<readonly SeenDisk[]>
}

export class Hosts {
  readonly #options: HostsOptions
  readonly #rounds: Repeating
  readonly #notes = new Map<string, string>()

  constructor(options: HostsOptions) {
    this.#options = options
    const { everyMs, log } = options
    const whenFailed = 'the drivers could not be asked for their hosts; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, run: () => this.#askAll() })
  }

  /** Resolves when every driver has been asked once. */
  start(): Promise<void> {
    return this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #askAll(): Promise<void> {
    const { drivers, loop, disksOf } = this.#options
    await Promise.all(
      [...drivers].map(async ([name, driver]) => {
        const health = await driver.health()
        if (health.kind === 'unreachable') {
          this.#say(name, health.why, 'warn')
          await loop.execute(driverSeen({ driver: name, health: { kind: 'unreachable', why: health.why } }))
          return
        }
        this.#say(name, health.notes.map(asSentence).join(' '), 'info')
        const disks = (await disksOf?.(name, driver)) ?? []
        const hosts = health.hosts.map(({ hostName, machine, ...capacity }) => ({
          hostName,
          instanceId: instanceId(this.#options.installationId, machine === undefined ? name : 'this machine', hostName),
          capacity,
          ...(machine === undefined ? {} : { machine }),
          ...diskOf(disks, hostName),
        }))
        await loop.execute(driverSeen({ driver: name, health: { kind: 'healthy' }, hosts }))
      }),
    )
  }

  /** Logs once for each change, not at every round. */
  #say(driver: string, note: string, level: 'info' | 'warn'): void {
    if (this.#notes.get(driver) === note) return
    this.#notes.set(driver, note)
    if (note) this.#options.log[level]({ driver }, note)
  }
}

function diskOf(disks: readonly SeenDisk[], hostName: string): Pick<Host, 'disk'> {
  const found = disks.find((disk) => disk.hostName === hostName)
  return found ? { disk: { offeredMib: found.offeredMib, freeMib: found.freeMib } } : {}
}

/** Drivers word their notes freely. Together they are read as one text. */
function asSentence(note: string): string {
  return `${note.charAt(0).toUpperCase()}${note.slice(1)}${/[.!?]$/.test(note) ? '' : '.'}`
}

/**
 * `i-` and 17 hex digits, like EC2's. It stays the same for one host of one driver as long as the
 * installation lives. A machine that drivers share is one instance.
 */
function instanceId(installationId: string, driver: string, hostName: string): string {
  return `i-${stableId(`${installationId} ${driver} ${hostName}`, 17)}`
}
