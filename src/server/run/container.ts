/**
 * One container and its driver: starts or adopts it, brings its output into the log store while it
 * runs, stops it, and removes it. When the engine cannot answer, it is asked again; silence proves
 * nothing.
 */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import { type AttemptSpec, DriverUnavailable, type Observation } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import type { LogDestination } from '../../model/log-destination.ts'
import { ContainerOutput } from './container-output.ts'
import { endingOf } from './container-state.ts'
import type { ContainerOwner } from './surroundings.ts'
import { untilDone } from './until-done.ts'

/**
 * Whether the container still runs, as its driver says. `unknown` while the driver cannot tell, or
 * denies knowing it.
 */
export type GoesOn = 'yes' | 'no' | 'unknown'

/**
 * How the container ended. Undefined when this server released it, or, for a start, when it runs or
 * ran.
 */
type Ending = AttemptOutcome | undefined

/** Together some ten seconds. */
const removalTries = 7

export class Container {
  readonly name: string
  readonly #owner: ContainerOwner
  readonly #stopGraceSeconds: number
  /**
   * Set while the container is being started. A stop aborts it, and so does releasing the attempt:
   * the wait for an image or a slow engine then ends.
   */
  #starting: AbortController | undefined
  #stopRequested = false

  constructor(owner: ContainerOwner, name: string, stopGraceSeconds = owner.around.stopGraceSeconds) {
    this.#owner = owner
    this.name = name
    this.#stopGraceSeconds = stopGraceSeconds
  }

  /**
   * Resolves when the container no longer runs, or this server releases it. A second call
   * resolves at once.
   */
  async requestStop(): Promise<void> {
    if (this.#stopRequested) return
    this.#stopRequested = true
    this.#starting?.abort()
    await this.#stop()
  }

  /** Called after `closing` was aborted. */
  letGo(): void {
    this.#starting?.abort()
  }

  /** Starts or adopts the container. Keeps asking while the engine is away. */
  async start(spec: AttemptSpec): Promise<Ending> {
    const { failpoint, pending } = this.#owner.around
    failpoint('before-effect')
    this.#starting = new AbortController()
    try {
      return await this.#startUntilAnswered(spec, this.#starting.signal)
    } finally {
      this.#starting = undefined
      pending.forget(this.name)
    }
  }

  async #startUntilAnswered(spec: AttemptSpec, givenUp: AbortSignal): Promise<Ending> {
    const { around, closing, driver } = this.#owner
    for (let tries = 0; !closing.aborted; tries++) {
      if (this.#stopRequested) return this.#stopBeforeStart()
      const outcome = await driver.start(spec, givenUp, (why) => around.pending.note(this.name, why))
      if (outcome.kind === 'started') return undefined
      if (outcome.kind === 'failed') return { kind: 'failedToStart', reason: outcome.reason }
      if (outcome.why !== undefined) around.pending.note(this.name, outcome.why)
      await around.delay(backoffMs(tries), givenUp)
    }
    return undefined
  }

  /**
   * Handles an abandoned start: the driver's view of it decides whether there is an end to report.
   */
  async #stopBeforeStart(): Promise<Ending> {
    const { around, closing, driver } = this.#owner
    await this.#stop()
    for (let tries = 0; !closing.aborted; tries++) {
      const observation = await this.inspect()
      if (observation.kind === 'exited' || observation.kind === 'lost') return undefined
      if (observation.kind === 'absent') return { kind: 'exited', outOfMemory: false, stoppedAtMs: around.now() }
      if (observation.kind !== 'unknown') await this.#stop()
      // The container was made but never started. It will not run, and has no end to wait for.
      if (observation.kind === 'starting') await driver.remove(this.name).catch(() => {})
      await around.delay(backoffMs(tries), closing)
    }
    return undefined
  }

  /**
   * Stores the output until the container has ended and its last line is stored. Without a
   * destination the output is dropped.
   */
  async readToEnd(destination: LogDestination | undefined): Promise<Ending> {
    const { around, closing } = this.#owner
    const output = await ContainerOutput.open(this.#owner, this.name, destination)
    let absentSinceMs: number | undefined
    try {
      for (let tries = 0; !closing.aborted; tries++) {
        const isComplete = await output.copy()
        if (closing.aborted) return undefined
        const observation: Observation = isComplete
          ? await this.inspect()
          : { kind: 'unknown', why: 'incomplete output' }
        absentSinceMs = observation.kind === 'absent' ? (absentSinceMs ?? around.looked()) : undefined
        const isLost = absentSinceMs !== undefined && around.looked() - absentSinceMs >= around.lostGraceMs
        const ending = isLost ? ({ kind: 'lost' } as const) : endingOf(observation)
        if (ending) {
          if (observation.kind === 'lost')
            around.log.warn({ attempt: this.name, why: observation.why }, 'an attempt was lost with its host')
          await output.finish()
          return ending
        }
        if (observation.kind === 'running') {
          tries = 0
          if (this.#stopRequested) await this.#stop()
        }
        await around.delay(backoffMs(tries), closing)
      }
      return undefined
    } finally {
      await output.close()
    }
  }

  async inspect(): Promise<Observation> {
    const observations = await this.#owner.driver.inspect([this.name])
    return observations.get(this.name) ?? { kind: 'unknown', why: 'no answer' }
  }

  /**
   * An engine that is away for a moment is asked again. Containers that it keeps for longer are
   * left to `Orphans`.
   */
  async remove(): Promise<void> {
    const { around, closing, driver } = this.#owner
    for (let tries = 0; !closing.aborted; tries++) {
      try {
        return await around.removals.pass(() => driver.remove(this.name))
      } catch (err) {
        if (!(err instanceof DriverUnavailable) || tries === removalTries) throw err
        await around.delay(backoffMs(tries), closing)
      }
    }
  }

  async #stop(): Promise<void> {
    const { around, closing, driver } = this.#owner
    around.failpoint('before-stop')
    // This server may end during the grace. The signal was sent, and the result is seen after the
    // restart.
    await untilDone(this.#owner, () => orAborted(driver.stop(this.name, this.#stopGraceSeconds), closing))
  }
}

/** Settles as the work does, or resolves when the signal is aborted. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    work.then(done, (error) => {
      signal.removeEventListener('abort', done)
      reject(error)
    })
  })
}
