/**
 * A driver that logs, at level debug, the calls to it and the engine's answers: names of attempts
 * and outcomes, never the contents of a spec.
 */
import type { Logger } from 'pino'
import type { AttemptSpec, Driver, Observation, StartOutcome } from '../drivers/driver.ts'

/** Returns the driver itself unless debug lines are read. */
export function logged(driver: Driver, name: string, log: Logger): Driver {
  if (!log.isLevelEnabled('debug')) return driver
  const calls = new LoggedCalls(driver, log.child({ driver: name }))
  return new Proxy(driver, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member, target)
      if (member === 'start' || member === 'inspect' || member === 'stop' || member === 'remove')
        return calls[member].bind(calls)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

class LoggedCalls {
  readonly #driver: Driver
  readonly #log: Logger
  /** The last answer for each attempt. The same answer again is not logged. */
  readonly #seen = new Map<string, string>()

  constructor(driver: Driver, log: Logger) {
    this.#driver = driver
    this.#log = log
  }

  start(spec: AttemptSpec, signal?: AbortSignal, onPending?: (why: string) => void): Promise<StartOutcome> {
    const { name, jobId } = spec
    return this.#timed('start', { attempt: name, jobId }, () =>
      this.#driver.start(spec, signal, (why) => {
        this.#log.debug({ attempt: name, jobId, why }, 'the start is pending')
        onPending?.(why)
      }),
    )
  }

  async inspect(names: readonly string[]): Promise<Map<string, Observation>> {
    const observations = await this.#driver.inspect(names)
    for (const [attempt, observation] of observations) {
      if (this.#seen.get(attempt) === observation.kind) continue
      if (observation.kind === 'absent') this.#seen.delete(attempt)
      else this.#seen.set(attempt, observation.kind)
      this.#log.debug({ attempt, observation }, 'the engine says of an attempt')
    }
    return observations
  }

  stop(attempt: string, graceSeconds: number): Promise<void> {
    return this.#timed('stop', { attempt, graceSeconds }, () => this.#driver.stop(attempt, graceSeconds))
  }

  remove(attempt: string): Promise<void> {
    this.#seen.delete(attempt)
    return this.#timed('remove', { attempt }, () => this.#driver.remove(attempt))
  }

  async #timed<T>(call: string, about: object, work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    const took = () => ({ ...about, ms: Math.round(performance.now() - since) })
    try {
      const outcome = await work()
      this.#log.debug({ ...took(), ...(outcome === undefined ? {} : { outcome }) }, call)
      return outcome
    } catch (err) {
      this.#log.debug({ ...took(), err }, `${call} failed`)
      throw err
    }
  }
}
