/**
 * One container with its driver: started or adopted, its output brought into the log store while it runs, stopped, removed. Whatever the
 * engine cannot answer is asked again; nothing is concluded from silence.
 */
import type { Logger } from 'pino'
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import { type AttemptSpec, type Driver, DriverUnavailable, type Observation } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import type { Gate } from '../../ground/gate.ts'
import type { Clocks } from '../../ground/looking-clock.ts'
import { type LogStore, type LogWriter, StreamLost } from '../../logs/log-store.ts'
import { eventStartOf } from '../../logs/multiline/event-start.ts'
import { JoiningWriter } from '../../logs/multiline/joining-writer.ts'
import type { LogDestination } from '../../model/log-destination.ts'
import type { PassFailpoint } from '../failpoints.ts'
import type { PendingStarts } from './pending-starts.ts'

/** What all containers of a server have in common. */
export interface Surroundings extends Clocks {
  readonly logs: Pick<LogStore, 'openWriter'>
  /** Resolves early when the signal is aborted; without one, when this server closes. */
  readonly delay: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly log: Logger
  readonly failpoint: PassFailpoint
  /** How long a healthy engine must have denied knowing a container before it counts as lost. */
  readonly lostGraceMs: number
  readonly logCapBytes: number
  /** Aborted when this server closes: containers are let go, and left running. */
  readonly closing: AbortSignal
  readonly removals: Gate
  readonly pending: Pick<PendingStarts, 'note' | 'forget'>
}

/** Whether something goes on, as its driver says; `unknown` while that cannot tell, or denies knowing it. */
export type GoesOn = 'yes' | 'no' | 'unknown'

/** How it ended; undefined when this server is closing, or, of a start, when it runs or ran. */
type Ending = AttemptOutcome | undefined

/** Some ten seconds. */
const removalTries = 7

export class Container {
  readonly name: string
  readonly #driver: Driver
  readonly #around: Surroundings
  readonly #stopGraceSeconds: number
  /** Aborted by a stop: gives up waiting for an image or a slow engine. */
  readonly #startAbort = new AbortController()
  #stopRequested = false

  constructor(around: Surroundings, driver: Driver, name: string, stopGraceSeconds: number) {
    this.#around = around
    this.#driver = driver
    this.name = name
    this.#stopGraceSeconds = stopGraceSeconds
  }

  /** Resolves when it no longer runs, or this server closes. Again: at once. */
  async requestStop(): Promise<void> {
    if (this.#stopRequested) return
    this.#stopRequested = true
    this.#startAbort.abort()
    await this.#stop()
  }

  /** Starts or adopts it. While the engine is away this goes on asking. */
  async start(spec: AttemptSpec, stopping = false): Promise<Ending> {
    this.#around.failpoint('before-effect')
    try {
      return await this.#startUntilAnswered(spec, stopping)
    } finally {
      this.#around.pending.forget(this.name)
    }
  }

  async #startUntilAnswered(spec: AttemptSpec, stopping: boolean): Promise<Ending> {
    const { closing, delay, pending } = this.#around
    const givenUp = AbortSignal.any([closing, this.#startAbort.signal])
    for (let tries = 0; !closing.aborted; tries++) {
      if (this.#stopRequested || stopping) return this.#stopBeforeStart()
      const outcome = await this.#driver.start(spec, givenUp, (why) => pending.note(this.name, why))
      if (outcome.kind === 'started') return undefined
      if (outcome.kind === 'failed') return { kind: 'failedToStart', reason: outcome.reason }
      if (outcome.why !== undefined) pending.note(this.name, outcome.why)
      await delay(backoffMs(tries), givenUp)
    }
    return undefined
  }

  /** A start that was given up: what the driver made of it decides whether there is an end to report. */
  async #stopBeforeStart(): Promise<Ending> {
    const { closing, delay, now } = this.#around
    await this.#stop()
    for (let tries = 0; !closing.aborted; tries++) {
      const observation = await this.inspect()
      if (observation.kind === 'exited' || observation.kind === 'lost') return undefined
      if (observation.kind === 'absent') return { kind: 'exited', outOfMemory: false, stoppedAtMs: now() }
      if (observation.kind !== 'unknown') await this.#stop()
      // Made but never started: it will not run, and has no end to wait for.
      if (observation.kind === 'starting') {
        await this.#driver.remove(this.name).catch(() => {})
      }
      await delay(backoffMs(tries))
    }
    return undefined
  }

  /** Brings in the output until it has ended and its last line is stored. No destination: the output is not kept. */
  async readToEnd(destination: LogDestination | undefined): Promise<Ending> {
    const { closing, delay, log, looked, lostGraceMs } = this.#around
    const writer = destination ? await this.#openWriter(destination) : discardingWriter()
    let absentSinceMs: number | undefined
    try {
      for (let tries = 0; !closing.aborted; tries++) {
        const complete = await this.#copyOutput(writer)
        if (closing.aborted) return undefined
        const observation = complete ? await this.inspect() : ({ kind: 'unknown', why: 'output incomplete' } as const)
        const ending = endingOf(observation)
        if (ending) {
          if (observation.kind === 'lost')
            log.warn({ attempt: this.name, why: observation.why }, 'an attempt was lost with its host')
          await this.#finish(writer)
          return ending
        }
        if (observation.kind === 'absent') {
          absentSinceMs ??= looked()
          if (looked() - absentSinceMs >= lostGraceMs) {
            await this.#finish(writer)
            return { kind: 'lost' }
          }
        } else absentSinceMs = undefined
        if (observation.kind === 'running') tries = 0
        if (this.#stopRequested && observation.kind === 'running') await this.#stop()
        await delay(backoffMs(tries))
      }
      return undefined
    } finally {
      await writer.close()
    }
  }

  async #openWriter({ eventStart, ...target }: LogDestination): Promise<LogWriter> {
    const { logCapBytes, logs } = this.#around
    const writer = await logs.openWriter({ ...target, capBytes: logCapBytes })
    return eventStart ? new JoiningWriter(writer, { eventStart: () => eventStartOf(eventStart) }) : writer
  }

  async #finish(writer: LogWriter): Promise<void> {
    this.#around.failpoint('before-log-finish')
    await this.#untilDone(() => writer.finish())
    this.#around.failpoint('after-log-finish')
  }

  /** Whether everything it wrote is stored; false when engine or disk went away in between. */
  async #copyOutput(writer: LogWriter): Promise<boolean> {
    const { closing, failpoint, log } = this.#around
    try {
      for await (const entries of this.#driver.streamLogs(this.name, writer.cursor, closing)) {
        await writer.append(entries)
        failpoint('after-log-append')
      }
      return true
    } catch (err) {
      if (err instanceof StreamLost) throw err
      if (!closing.aborted && !(err instanceof DriverUnavailable))
        log.warn({ err, attempt: this.name }, 'reading or storing the output failed; trying again')
      return false
    }
  }

  async goesOn(): Promise<GoesOn> {
    const { kind } = await this.inspect()
    if (kind === 'unknown' || kind === 'absent') return 'unknown'
    return kind === 'running' || kind === 'starting' ? 'yes' : 'no'
  }

  async inspect(): Promise<Observation> {
    return (await this.#driver.inspect([this.name])).get(this.name) ?? { kind: 'unknown', why: 'no answer' }
  }

  /** An engine that is away for a moment is asked again; what it keeps for longer is left to `Orphans`. */
  async remove(): Promise<void> {
    const { closing, delay, removals } = this.#around
    for (let tries = 0; !closing.aborted; tries++) {
      try {
        return await removals.pass(() => this.#driver.remove(this.name))
      } catch (err) {
        if (!(err instanceof DriverUnavailable) || tries === removalTries) throw err
        await delay(backoffMs(tries))
      }
    }
  }

  async #stop(): Promise<void> {
    const { closing, failpoint } = this.#around
    failpoint('before-stop')
    // This server may end while the grace lasts: the signal was sent, and what became of it is seen after the restart.
    await this.#untilDone(() => orAborted(this.#driver.stop(this.name, this.#stopGraceSeconds), closing))
  }

  async #untilDone(work: () => Promise<void>): Promise<void> {
    const { closing, delay, log } = this.#around
    for (let tries = 0; !closing.aborted; tries++) {
      try {
        return await work()
      } catch (err) {
        if (err instanceof StreamLost) throw err
        if (!(err instanceof DriverUnavailable)) log.warn({ err }, 'trying again')
        await delay(backoffMs(tries))
      }
    }
  }
}

/** How what was observed ended; undefined when it did not, or nobody can tell. */
export function endingOf(observation: Observation | undefined): AttemptOutcome | undefined {
  if (observation?.kind === 'exited') return { ...observation, kind: 'exited' }
  if (observation?.kind !== 'lost') return undefined
  const { startedAtMs, stoppedAtMs } = observation
  return { kind: 'lost', ...(startedAtMs === undefined ? {} : { startedAtMs }), stoppedAtMs }
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

/** For jobs whose log driver is not awslogs: the output is read, so that its end is seen, and not kept. */
function discardingWriter(): LogWriter {
  let cursor: string | undefined
  return {
    get cursor() {
      return cursor
    },
    droppedEntries: 0,
    async append(entries) {
      cursor = entries.at(-1)?.cursor ?? cursor
    },
    async finish() {},
    async close() {},
  }
}
