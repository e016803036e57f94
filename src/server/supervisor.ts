/**
 * The effects runner: one supervision per live attempt. It starts the attempt or adopts it, brings its output into the log store while it
 * runs, reports its end only after the last line is stored, and removes it after that report is durable. Whatever the engine
 * cannot answer is asked again; nothing is concluded from silence.
 */
import type { Logger } from 'pino'
import { type AttemptOutcome, attemptEnded, attemptStarted, attemptTimedOut } from '../core/decide/attempt.ts'
import type { Command } from '../core/decision.ts'
import type { Effect } from '../core/react.ts'
import { type Driver, DriverUnavailable, type Observation } from '../drivers/driver.ts'
import type { LogStore, LogWriter } from '../logs/log-store.ts'
import { type Job, type LiveAttempt, liveAttempt } from '../model/job.ts'
import { logDestination } from '../model/log-destination.ts'
import { attemptSpec } from './attempt-spec.ts'
import { backoffMs, Gate, realTimers, type Timers } from './clock.ts'
import type { PassFailpoint } from './failpoints.ts'
import type { Loop } from './loop.ts'
import { untilTaken } from './until-taken.ts'

export interface SupervisorOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly logs: LogStore
  readonly loop: Pick<Loop, 'execute' | 'state'>
  readonly now: () => number
  /** Real ones unless a test moves the time. */
  readonly timers?: Timers
  readonly log: Logger
  readonly failpoint: PassFailpoint
  readonly region: string
  /** How a driver's jobs reach this server. */
  readonly endpointFor: (driver: string) => string | undefined
  readonly stopGraceSeconds: number
  /** How long a healthy engine must have denied knowing an attempt before it counts as lost. */
  readonly lostGraceMs: number
  readonly logCapBytes: number
}

interface Run {
  readonly driver: Driver
  readonly attempt: LiveAttempt
  /** Aborted by a stop: gives up waiting for an image or a slow engine. */
  readonly startAbort: AbortController
  stopRequested: boolean
}

/** Removals at once; more only make the engine's lock longer. */
const removalsAtOnce = 4
/** Some ten seconds. */
const removalTries = 7

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #runs = new Map<string, Run>()
  readonly #timeouts = new Map<string, () => void>()
  readonly #closing = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #removals = new Gate(removalsAtOnce)

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Names of attempts in hand: not to be taken for orphans. */
  isInHand(name: string): boolean {
    return this.#runs.has(name)
  }

  carryOut(effect: Extract<Effect, { type: 'superviseAttempt' | 'stopAttempt' | 'wakeForTimeout' }>): void {
    switch (effect.type) {
      case 'superviseAttempt':
        return this.#supervise(effect.jobId)
      case 'stopAttempt': {
        const run = this.#runs.get(effect.name)
        if (!run || run.stopRequested) return
        run.stopRequested = true
        run.startAbort.abort()
        return this.#background(this.#stop(run), `stopping ${effect.name}`)
      }
      case 'wakeForTimeout': {
        const { jobId, attempt } = effect
        const { now, timers = realTimers } = this.#options
        const cancel = timers.wakeAt(effect.atMs, now, () => {
          this.#background(this.#report(attemptTimedOut({ jobId, attempt })), `timeout of ${jobId}`)
        })
        this.#timeouts.get(jobId)?.()
        this.#timeouts.set(jobId, cancel)
        return
      }
    }
  }

  /** Lets go of every attempt and leaves it running; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const cancel of this.#timeouts.values()) cancel()
    await Promise.allSettled(this.#work)
  }

  #supervise(jobId: string): void {
    const job = this.#options.loop.state.jobs.get(jobId)
    const attempt = job && liveAttempt(job)
    const driver = attempt && this.#options.drivers.get(attempt.driver)
    if (!job || !attempt || this.#runs.has(attempt.name)) return
    if (!driver) {
      // Its state is kept: the operator may bring the driver back.
      this.#options.log.error({ jobId, driver: attempt.driver }, 'an attempt lives on a driver that is not configured')
      return
    }
    const run: Run = { driver, attempt, startAbort: new AbortController(), stopRequested: false }
    this.#runs.set(attempt.name, run)
    this.#background(this.#followToEnd(job, run), `supervising ${attempt.name}`)
  }

  #background(work: Promise<void>, what: string): void {
    const settled = work
      .catch((err) => {
        if (!this.#closing.signal.aborted) this.#options.log.error({ err }, `${what} failed`)
      })
      .finally(() => this.#work.delete(settled))
    this.#work.add(settled)
  }

  /** Whatever goes wrong on the way (a log that cannot be opened), an attempt that lives is followed. */
  async #followToEnd(job: Job, run: Run): Promise<void> {
    const { name } = run.attempt
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      try {
        return await this.#follow(job, run)
      } catch (err) {
        if (this.#closing.signal.aborted) return
        this.#options.log.error({ err, attempt: name }, 'following an attempt failed; trying again')
      }
      await this.#delay(backoffMs(tries))
      const current = this.#options.loop.state.jobs.get(job.jobId)
      if (!current || liveAttempt(current)?.name !== name) return void this.#runs.delete(name)
      job = current
    }
  }

  async #follow(job: Job, run: Run): Promise<void> {
    const { attempt } = run
    const { failpoint } = this.#options
    const report = { jobId: job.jobId, attempt: attempt.number }
    const adopting = job.state.status === 'RUNNING'
    let outcome: AttemptOutcome | undefined
    if (!adopting) outcome = await this.#start(job, run)
    if (this.#closing.signal.aborted) return
    if (!outcome) {
      if (!adopting) {
        failpoint('after-effect-before-report')
        const startedAtMs = await this.#startedAtMs(run)
        if (startedAtMs !== undefined) await this.#report(attemptStarted({ ...report, startedAtMs }))
      }
      outcome = await this.#readToEnd(job, run)
    }
    if (!outcome) return
    await this.#report(attemptEnded({ ...report, outcome }))
    if (this.#closing.signal.aborted) return
    this.#timeouts.get(job.jobId)?.()
    this.#timeouts.delete(job.jobId)
    failpoint('before-remove')
    await this.#remove(run).finally(() => this.#runs.delete(attempt.name))
  }

  /** An engine that is away for a moment is asked again; what it keeps for longer is left to `Orphans`. */
  async #remove({ driver, attempt }: Run): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      try {
        return await this.#removals.pass(() => driver.remove(attempt.name))
      } catch (err) {
        if (!(err instanceof DriverUnavailable) || tries === removalTries) throw err
        await this.#delay(backoffMs(tries))
      }
    }
  }

  /** As the engine knows it: an attempt that is adopted may have started long ago. Undefined: it never ran. */
  async #startedAtMs(run: Run): Promise<number | undefined> {
    const observation = await this.#inspect(run)
    return observation.kind === 'running' || observation.kind === 'exited'
      ? observation.startedAtMs
      : this.#options.now()
  }

  /** Undefined: it runs or ran. While the engine is away this goes on asking. */
  async #start(job: Job, run: Run): Promise<AttemptOutcome | undefined> {
    const { driver, attempt } = run
    const { loop, region, endpointFor, failpoint } = this.#options
    const fargate = loop.state.computeEnvironments.get(attempt.computeEnvironment)?.fargate ?? false
    const spec = attemptSpec(job, attempt, { region, endpoint: endpointFor(attempt.driver), fargate })
    failpoint('before-effect')
    const givenUp = AbortSignal.any([this.#closing.signal, run.startAbort.signal])
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      if (run.stopRequested || isStopping(job)) return this.#stopBeforeStart(run)
      const outcome = await driver.start(spec, givenUp)
      if (outcome.kind === 'started') return undefined
      if (outcome.kind === 'failed') return { kind: 'failedToStart', reason: outcome.reason }
      await this.#delay(backoffMs(tries), givenUp)
    }
    return undefined
  }

  /** A start that was given up: what the driver made of it decides whether there is an end to report. */
  async #stopBeforeStart(run: Run): Promise<AttemptOutcome | undefined> {
    await this.#stop(run)
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      const observation = await this.#inspect(run)
      if (observation.kind === 'exited') return undefined
      if (observation.kind === 'absent') return { kind: 'exited', outOfMemory: false, stoppedAtMs: this.#options.now() }
      if (observation.kind !== 'unknown') await this.#stop(run)
      // Made but never started: it will not run, and has no end to wait for.
      if (observation.kind === 'starting') {
        await run.driver.remove(run.attempt.name).catch(() => {})
      }
      await this.#delay(backoffMs(tries))
    }
    return undefined
  }

  /** Brings in the output until the attempt has ended; undefined when this server is closing. */
  async #readToEnd(job: Job, run: Run): Promise<AttemptOutcome | undefined> {
    const destination = logDestination(job.spec.container, job.spec.jobDefinition, run.attempt.taskId)
    const writer = destination
      ? await this.#options.logs.openWriter({ ...destination, capBytes: this.#options.logCapBytes })
      : discardingWriter()
    let absentSinceMs: number | undefined
    try {
      for (let tries = 0; !this.#closing.signal.aborted; tries++) {
        const complete = await this.#copyOutput(run, writer)
        if (this.#closing.signal.aborted) return undefined
        const observation = complete
          ? await this.#inspect(run)
          : ({ kind: 'unknown', why: 'output incomplete' } as const)
        if (observation.kind === 'exited') {
          await this.#finish(writer)
          return { ...observation, kind: 'exited' }
        }
        if (observation.kind === 'absent') {
          const now = this.#options.now()
          absentSinceMs ??= now
          if (now - absentSinceMs >= this.#options.lostGraceMs) {
            await this.#finish(writer)
            return { kind: 'lost' }
          }
        } else absentSinceMs = undefined
        if (observation.kind === 'running') tries = 0
        if (run.stopRequested && observation.kind === 'running') await this.#stop(run)
        await this.#delay(backoffMs(tries))
      }
      return undefined
    } finally {
      await writer.close()
    }
  }

  async #finish(writer: LogWriter): Promise<void> {
    this.#options.failpoint('before-log-finish')
    await this.#untilDone(() => writer.finish())
    this.#options.failpoint('after-log-finish')
  }

  /** Whether everything the attempt wrote is stored; false when engine or disk went away in between. */
  async #copyOutput(run: Run, writer: LogWriter): Promise<boolean> {
    try {
      for await (const entries of run.driver.streamLogs(run.attempt.name, writer.cursor, this.#closing.signal)) {
        await writer.append(entries)
        this.#options.failpoint('after-log-append')
      }
      return true
    } catch (err) {
      if (!this.#closing.signal.aborted && !(err instanceof DriverUnavailable))
        this.#options.log.warn({ err, attempt: run.attempt.name }, 'reading or storing the output failed; trying again')
      return false
    }
  }

  async #inspect(run: Run): Promise<Observation> {
    const { name } = run.attempt
    return (await run.driver.inspect([name])).get(name) ?? { kind: 'unknown', why: 'no answer' }
  }

  async #stop(run: Run): Promise<void> {
    this.#options.failpoint('before-stop')
    // This server may end while the grace lasts: the signal was sent, and what became of it is seen after the restart.
    const { signal } = this.#closing
    await this.#untilDone(() => orAborted(run.driver.stop(run.attempt.name, this.#options.stopGraceSeconds), signal))
  }

  #report(command: Command): Promise<void> {
    return untilTaken(this.#options.loop, command, this.#closing.signal, this.#delay)
  }

  readonly #delay = (ms: number, signal = this.#closing.signal): Promise<void> =>
    (this.#options.timers ?? realTimers).delay(ms, signal)

  async #untilDone(work: () => Promise<void>): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      try {
        return await work()
      } catch (err) {
        if (!(err instanceof DriverUnavailable)) this.#options.log.warn({ err }, 'trying again')
        await this.#delay(backoffMs(tries))
      }
    }
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

function isStopping(job: Job): boolean {
  return (job.state.status === 'STARTING' || job.state.status === 'RUNNING') && job.state.stopping !== undefined
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
