/** The doors by which jobs reach this server: one for each driver whose jobs run in a network of their own. */
import type { Driver } from '../drivers/driver.ts'
import { JobDoor, type JobDoorOptions } from './job-door.ts'

export class JobDoors {
  readonly #doors = new Map<string, JobDoor>()

  constructor(drivers: ReadonlyMap<string, Driver>, options: Omit<JobDoorOptions, 'hostAddress' | 'listening'>) {
    // Drivers of one engine may have one network: its address is listened at once.
    const listening = new Set<string>()
    for (const [name, driver] of drivers)
      if (driver.hostAddressForJobs)
        this.#doors.set(name, new JobDoor({ ...options, listening, hostAddress: () => driver.hostAddressForJobs!() }))
  }

  /** Resolves when each was tried once; those that cannot be opened yet go on trying. */
  async open(): Promise<void> {
    await Promise.all([...this.#doors.values()].map((door) => door.open()))
  }

  /** Where this driver's jobs reach the server; undefined while their door is not open. `direct`: for jobs that need no door. */
  endpointFor(driver: string, direct: string): string | undefined {
    const door = this.#doors.get(driver)
    return door ? door.endpoint : direct
  }

  async close(): Promise<void> {
    await Promise.all([...this.#doors.values()].map((door) => door.close()))
  }
}
