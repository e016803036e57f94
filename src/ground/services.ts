/** The services of a program: started one after the other, stopped in the opposite order. */

export interface Service {
  /**
   * A service that has started may go on starting in the background, if what follows need not wait
   * for it.
   */
  start(): unknown
  /** Resolves when nothing is under way. Called also when `start` failed. */
  stop(): unknown
}

export interface ServicesLog {
  debug(fields: { readonly service: string }, message: string): void
  error(fields: { readonly service?: string; readonly err: unknown }, message: string): void
}

export class Services {
  readonly #log: ServicesLog
  readonly #running: { readonly name: string; readonly stop: () => unknown }[] = []

  constructor(log: ServicesLog) {
    this.#log = log
  }

  /** Resolves with the service when it has started. */
  async start<S extends Service>(name: string, service: S): Promise<S> {
    this.keep(name, service, () => service.stop())
    await service.start()
    this.#log.debug({ service: name }, 'started')
    return service
  }

  /** For what works from its construction on, and only has to be closed. */
  keep<R>(name: string, resource: R, close: (resource: R) => unknown): R {
    this.#running.push({ name, stop: () => close(resource) })
    return resource
  }

  /**
   * Stops them all, the last first. A service that fails to stop does not keep the others from it;
   * its error is thrown at the end.
   */
  readonly stop = async (): Promise<void> => {
    const errors: unknown[] = []
    for (const { name, stop } of this.#running.splice(0).reverse()) {
      try {
        await stop()
        this.#log.debug({ service: name }, 'stopped')
      } catch (err) {
        errors.push(err)
        this.#log.error({ service: name, err }, 'a service failed to stop')
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/**
 * Starts the services that `list` names, in its order, and resolves with what it returns and a
 * function that stops them. If one of them fails to start, those before it are stopped, and its
 * error is thrown.
 */
export async function startServices<T>(
  log: ServicesLog,
  list: (services: Services) => Promise<T>,
): Promise<T & Pick<Services, 'stop'>> {
  const services = new Services(log)
  try {
    return { ...(await list(services)), stop: services.stop }
  } catch (error) {
    // Each has been logged. What kept the server from starting is what its operator must know.
    await services.stop().catch(() => {})
    throw error
  }
}
