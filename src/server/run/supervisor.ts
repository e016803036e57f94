/**
 * The effects runner: one supervision per live attempt. It starts the attempt or adopts it, brings its output into the log store while it
 * runs, reports its end only after the last line is stored, and removes it after that report is durable.
 */
import type { Logger } from 'pino'
import type { Command } from '../../core/decision.ts'
import {
  type AttemptOutcome,
  type AttemptReport,
  attemptEnded,
  attemptStarted,
  attemptTimedOut,
} from '../../core/job/attempt.ts'
import type { Effect } from '../../core/react.ts'
import { hasParts } from '../../core/workload/tasks.ts'
import type { AttemptSpec, Driver } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { Gate } from '../../ground/gate.ts'
import type { Clocks } from '../../ground/looking-clock.ts'
import { realTimers, type Timers } from '../../ground/timers.ts'
import type { LogStore } from '../../logs/log-store.ts'
import { attemptName, type Job, jobIdOfAttemptName, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import type { PassFailpoint } from '../failpoints.ts'
import type { Loop } from '../loop/loop.ts'
import { attemptSpec, type PartOfAttempt } from './attempt-spec.ts'
import { CatchUp } from './catch-up.ts'
import { type ResolveSecrets, refusedLogOptions, withSecrets } from './container-secrets.ts'
import { Deadlines } from './deadlines.ts'
import type { PendingStarts } from './pending-starts.ts'
import { Container, type Surroundings } from './task-container.ts'
import { TaskNodes } from './task-nodes.ts'
import { untilTaken } from './until-taken.ts'

export interface SupervisorOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly logs: LogStore
  readonly loop: Pick<Loop, 'execute' | 'memoryTrouble' | 'state'>
  readonly clocks: Clocks
  /** Real ones unless a test moves the time. */
  readonly timers?: Timers
  readonly log: Logger
  readonly failpoint: PassFailpoint
  readonly region: string
  /** How a driver's jobs reach this server. */
  readonly endpointFor: (driver: string) => string | undefined
  readonly resolveSecrets: ResolveSecrets
  readonly pending: PendingStarts
  readonly stopGraceSeconds: number
  /** How long a healthy engine must have denied knowing an attempt before it counts as lost. */
  readonly lostGraceMs: number
  readonly logCapBytes: number
}

interface Run {
  readonly attempt: LiveAttempt
  /** Its container, or all of them. */
  readonly runner: Container | TaskNodes
  /**
   * Aborted when this server closes. Each attempt has one of its own: Node walks all listeners of a signal to add another, so that ten
   * thousand attempts that listen to one hold up everybody for seconds.
   */
  readonly closing: AbortController
}

/** Removals at once; more only make the engine's lock longer. */
const removalsAtOnce = 4

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #runs = new Map<string, Run>()
  readonly #deadlines: Deadlines
  readonly #closing = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #around: Surroundings
  readonly #catchUp: CatchUp

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { clocks, failpoint, log, logCapBytes, logs, lostGraceMs, pending, timers = realTimers } = options
    const closing = this.#closing.signal
    this.#deadlines = new Deadlines({ ...clocks, timers })
    const removals = new Gate(removalsAtOnce)
    this.#around = {
      ...{ ...clocks, closing, delay: this.#delay, failpoint, log, logCapBytes, logs, lostGraceMs, pending, removals },
    }
    this.#catchUp = new CatchUp({
      loop: options.loop,
      drivers: [...options.drivers.keys()],
      goesOn: (name) => this.#runs.get(name)?.runner.goesOn(),
      report: (command) => this.#report(command),
      delay: this.#delay,
      looked: clocks.looked,
      closing,
    })
  }

  /** To be called when nobody looked for a while: after a start, and when this process was stopped. */
  catchUp(): void {
    if (!this.#closing.signal.aborted) this.#background(this.#catchUp.run(), 'asking what became of attempts')
  }

  /** Names of attempts in hand and of their containers: not to be taken for orphans. */
  isInHand(name: string): boolean {
    const of = jobIdOfAttemptName(name)
    return of !== undefined && this.#runs.has(attemptName(of.jobId, of.attempt))
  }

  carryOut(effect: Extract<Effect, { type: 'superviseAttempt' | 'stopAttempt' | 'wakeForTimeout' }>): void {
    switch (effect.type) {
      case 'superviseAttempt':
        return this.#supervise(effect.jobId)
      case 'stopAttempt': {
        const run = this.#runs.get(effect.name)
        return run && this.#background(run.runner.requestStop(), `stopping ${effect.name}`)
      }
      case 'wakeForTimeout': {
        const { jobId, attempt } = effect
        const name = attemptName(jobId, attempt)
        const job = this.#options.loop.state.jobs.get(jobId)
        // Of an attempt that ended before this was carried out, nothing would forget the time.
        if (!job || liveAttempt(job)?.name !== name) return
        this.#deadlines.set(name, effect, () =>
          this.#background(this.#timeIsUp({ jobId, attempt }, name), `timeout of ${jobId}`),
        )
        return
      }
    }
  }

  /** Lets go of every attempt and leaves it running; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const { closing } of this.#runs.values()) closing.abort()
    this.#deadlines.close()
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
    const closing = new AbortController()
    if (this.#closing.signal.aborted) closing.abort()
    const run: Run = { attempt, runner: this.#runnerOf(job, attempt, driver, closing.signal), closing }
    this.#runs.set(attempt.name, run)
    this.#background(this.#followToEnd(job, run), `supervising ${attempt.name}`)
  }

  #runnerOf(job: Job, attempt: LiveAttempt, driver: Driver, closing: AbortSignal): Container | TaskNodes {
    const { stopGraceSeconds } = this.#options
    const delay = (ms: number, signal = closing) => this.#delay(ms, signal)
    const around = { ...this.#around, closing, delay }
    if (!hasParts(job.spec)) return new Container(around, driver, attempt.name, stopGraceSeconds)
    return new TaskNodes({
      around,
      driver,
      job,
      attempt,
      stopGraceSeconds,
      specOf: (part) => this.#specOf(job, attempt, part),
      report: (command) => this.#report(command, closing),
    })
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
      await this.#delay(backoffMs(tries), run.closing.signal)
      // What never became durable must not end the following.
      if (this.#options.loop.memoryTrouble !== undefined) continue
      const current = this.#options.loop.state.jobs.get(job.jobId)
      if (!current || liveAttempt(current)?.name !== name) return void this.#runs.delete(name)
      job = current
    }
  }

  async #follow(job: Job, run: Run): Promise<void> {
    const { attempt, runner } = run
    const outcome = await (runner instanceof Container
      ? this.#runSingle(job, run, runner)
      : runner.run(isStopping(job)))
    if (!outcome) return
    const ranAtMostMs = this.#deadlines.ranAtMostMs(attempt.name)
    const ended = attemptEnded({ jobId: job.jobId, attempt: attempt.number, outcome, ranAtMostMs })
    await this.#report(ended, run.closing.signal)
    if (this.#closing.signal.aborted) return
    this.#deadlines.drop(attempt.name)
    this.#options.failpoint('before-remove')
    await runner.remove().finally(() => this.#runs.delete(attempt.name))
  }

  /** Whether it ran too long its driver must say: this server may have been away, or stopped, while it ended in time. */
  async #timeIsUp(report: AttemptReport, name: string): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      const answer = await this.#runs.get(name)?.runner.goesOn()
      // Its end is being reported, with when it came.
      if (answer === 'no' || !this.#runs.has(name)) return
      if (answer === 'yes') return this.#report(attemptTimedOut(report))
      await this.#delay(backoffMs(tries))
    }
  }

  /** An attempt that is one container. Undefined when this server is closing. */
  async #runSingle(job: Job, { attempt, closing }: Run, container: Container): Promise<AttemptOutcome | undefined> {
    const adopting = job.state.status === 'RUNNING'
    const outcome = adopting ? undefined : await this.#start(job, attempt, container)
    if (outcome || this.#closing.signal.aborted) return outcome
    if (!adopting) {
      this.#options.failpoint('after-effect-before-report')
      const startedAtMs = await this.#startedAtMs(container)
      if (startedAtMs !== undefined)
        await this.#report(attemptStarted({ jobId: job.jobId, attempt: attempt.number, startedAtMs }), closing.signal)
    }
    const { container: settings, jobDefinition } = job.spec
    return container.readToEnd(logDestination(settings, jobDefinition, attempt.taskId))
  }

  /** As the engine knows it: an attempt that is adopted may have started long ago. Undefined: it never ran. */
  async #startedAtMs(container: Container): Promise<number | undefined> {
    const observation = await container.inspect()
    return observation.kind === 'running' || observation.kind === 'exited' || observation.kind === 'lost'
      ? observation.startedAtMs
      : this.#options.clocks.now()
  }

  /** Undefined: it runs or ran. */
  async #start(job: Job, attempt: LiveAttempt, container: Container): Promise<AttemptOutcome | undefined> {
    const spec = await this.#specOf(job, attempt)
    return 'kind' in spec ? spec : container.start(spec, isStopping(job))
  }

  /** What the driver needs to start the attempt, or the one container of it that is named; or why it cannot start. */
  async #specOf(job: Job, attempt: LiveAttempt, part?: PartOfAttempt): Promise<AttemptSpec | AttemptOutcome> {
    const { drivers, loop, region, endpointFor, resolveSecrets } = this.#options
    const fargate = loop.state.computeEnvironments.get(attempt.computeEnvironment)?.fargate ?? false
    const spec = attemptSpec(job, attempt, { region, endpoint: endpointFor(attempt.driver), fargate }, part)
    const { container } = part?.container ?? job.spec
    const secrets = refusedLogOptions(container) ?? resolveSecrets(container)
    return withSecrets(spec, secrets, drivers.get(attempt.driver)!)
  }

  #report(command: Command, signal = this.#closing.signal): Promise<void> {
    return untilTaken(this.#options.loop, command, signal, this.#delay)
  }

  readonly #delay = (ms: number, signal = this.#closing.signal): Promise<void> =>
    (this.#options.timers ?? realTimers).delay(ms, signal)
}

function isStopping(job: Job): boolean {
  return (job.state.status === 'STARTING' || job.state.status === 'RUNNING') && job.state.stopping !== undefined
}
