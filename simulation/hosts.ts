/** The virtual hosts: what each driver offers, and when hosts fail and return. */

import type { Command } from '../src/core/decision.ts'
import { driverSeen } from '../src/core/instance/driver-seen.ts'
import type { Host } from '../src/core/state/host.ts'
import { createRandom, exponential, seedOf } from './random.ts'
import type { Scenario } from './scenario.ts'
import type { HostKind } from './scenario-schema.ts'

export interface HostPlace {
  readonly driver: string
  readonly hostName: string
}

const hourMs = 3_600_000

export class VirtualHosts {
  readonly #seed: number
  readonly #drivers = new Map<string, Host[]>()
  readonly #kinds = new Map<string, HostKind>()
  readonly #down = new Set<string>()
  /** Failures so far, by host name. The next failure has a random number of its own. */
  readonly #failures = new Map<string, number>()

  constructor({ seed, hosts }: Pick<Scenario, 'seed' | 'hosts'>) {
    this.#seed = seed
    let instances = 0
    for (const [name, kind] of Object.entries(hosts)) {
      const ofDriver = this.#drivers.get(kind.driver) ?? []
      this.#drivers.set(kind.driver, ofDriver)
      for (let at = 1; at <= kind.count; at++) {
        const hostName = `${name}-${at}`
        const { vcpus, memoryMib, gpus } = kind
        const instanceId = `i-${(++instances).toString(16).padStart(17, '0')}`
        ofDriver.push({ hostName, instanceId, capacity: { vcpus, memoryMib, gpus } })
        this.#kinds.set(hostName, kind)
      }
    }
  }

  get drivers(): string[] {
    return [...this.#drivers.keys()]
  }

  get anyDown(): boolean {
    return this.#down.size > 0
  }

  /** A driver's present report. */
  report(driver: string): Command {
    const hosts = this.#drivers.get(driver)!.filter(({ hostName }) => !this.#down.has(hostName))
    return driverSeen({ driver, health: { kind: 'healthy' }, hosts })
  }

  /** The first failure of each host that may fail. */
  *firstFailures(): Generator<HostPlace & { readonly atMs: number }> {
    for (const [driver, hosts] of this.#drivers)
      for (const { hostName } of hosts) {
        const afterMs = this.nextFailureAfterMs(hostName)
        if (afterMs !== undefined) yield { driver, hostName, atMs: afterMs }
      }
  }

  /** Counted from the moment the host is up; undefined for a host that never fails. */
  nextFailureAfterMs(hostName: string): number | undefined {
    const { mtbfHours } = this.#kinds.get(hostName)!
    if (mtbfHours === undefined) return undefined
    const number = (this.#failures.get(hostName) ?? 0) + 1
    this.#failures.set(hostName, number)
    return Math.ceil(exponential(createRandom(this.#seed, seedOf(hostName), number)) * mtbfHours * hourMs)
  }

  repairMs(hostName: string): number {
    return Math.ceil(this.#kinds.get(hostName)!.repairMinutes * 60_000)
  }

  setDown(hostName: string, isDown: boolean): void {
    if (isDown) this.#down.add(hostName)
    else this.#down.delete(hostName)
  }
}
