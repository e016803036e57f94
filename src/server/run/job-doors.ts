/**
 * The doors through which jobs reach this server: one for each driver whose jobs run in a network
 * of their own.
 */
import type { Driver } from '../../drivers/driver.ts'
import { JobDoor, type JobDoorOptions } from './job-door.ts'

export interface JobDoorsOptions extends Omit<JobDoorOptions, 'hostAddress' | 'listening'> {
  /** Where jobs without a network of their own reach the server. */
  readonly endpoint: string
}

export class JobDoors {
  readonly #drivers: ReadonlyMap<string, Driver>
  readonly #doors = new Map<string, JobDoor>()
  /** Undefined until the server has its port. */
  #direct: string | undefined

  constructor(drivers: ReadonlyMap<string, Driver>) {
    this.#drivers = drivers
  }

  /** Resolves when each door was tried once. Doors that cannot be opened yet are tried again. */
  async open({ endpoint, ...options }: JobDoorsOptions): Promise<void> {
    // Drivers of one engine may share a network. One listener on its address is enough.
    const listening = new Set<string>()
    for (const [name, driver] of this.#drivers)
      if (driver.hostAddressForJobs)
        this.#doors.set(name, new JobDoor({ ...options, listening, hostAddress: () => driver.hostAddressForJobs!() }))
    this.#direct = endpoint
    await Promise.all([...this.#doors.values()].map((door) => door.open()))
  }

  /**
   * Where this driver's jobs reach the server: through their door, if they need one. Undefined
   * while that door is not open.
   */
  endpointFor(driver: string): string | undefined {
    const door = this.#doors.get(driver)
    return door ? door.endpoint : this.#direct
  }

  async close(): Promise<void> {
    await Promise.all([...this.#doors.values()].map((door) => door.close()))
  }
}
