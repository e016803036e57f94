/**
 * The doors through which jobs reach this server: one for each driver whose jobs run in a network
 * of their own, and one for each whose jobs ask for credentials as on ECS.
 */
import type { Driver } from '../../drivers/driver.ts'
import { CredentialsDoor } from './credentials-door.ts'
import { JobDoor, type JobDoorOptions } from './job-door.ts'

export interface JobDoorsOptions extends Omit<JobDoorOptions, 'hostAddress' | 'listening'> {
  /** Where jobs without a network of their own reach the server. */
  readonly endpoint: string
  /** For credentials, on loopback. */
  readonly loopbackPort?: number | undefined
}

export class JobDoors {
  readonly #drivers: ReadonlyMap<string, Driver>
  readonly #doors = new Map<string, JobDoor>()
  readonly #credentialsDoors = new Map<string, CredentialsDoor>()
  /** Undefined until the server has its port. */
  #direct: string | undefined

  constructor(drivers: ReadonlyMap<string, Driver>) {
    this.#drivers = drivers
  }

  /** Resolves when each door was tried once. Doors that cannot be opened yet are tried again. */
  async open({ endpoint, ...options }: JobDoorsOptions): Promise<void> {
    // Drivers of one engine may share a network. One listener on its address is enough.
    const shared = { ...options, listening: new Set<string>() }
    for (const [name, driver] of this.#drivers) {
      if (driver.hostAddressForJobs)
        this.#doors.set(name, new JobDoor({ ...shared, hostAddress: () => driver.hostAddressForJobs!() }))
      if (driver.credentialsAddressForJobs) {
        const hostAddress = () => driver.credentialsAddressForJobs!()
        this.#credentialsDoors.set(name, new CredentialsDoor({ ...shared, hostAddress }))
      }
    }
    this.#direct = endpoint
    // A door of the jobs listens first: the other kind then uses what listens already.
    await Promise.all([...this.#doors.values()].map((door) => door.open()))
    await Promise.all([...this.#credentialsDoors.values()].map((door) => door.open()))
  }

  /**
   * Where this driver's jobs reach the server: through their door, if they need one. Undefined
   * while that door is not open.
   */
  endpointFor(driver: string): string | undefined {
    const door = this.#doors.get(driver)
    return door ? door.endpoint : this.#direct
  }

  /**
   * Where this driver's jobs ask for their credentials. Undefined where they cannot, and while that
   * door is not open.
   */
  credentialsEndpointFor(driver: string): string | undefined {
    return this.#credentialsDoors.get(driver)?.endpoint
  }

  async close(): Promise<void> {
    await Promise.all([...this.#doors.values(), ...this.#credentialsDoors.values()].map((door) => door.close()))
  }
}
