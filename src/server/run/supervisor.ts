/**
 * Follows every live attempt: carries out the effects that concern it, reports its end only after
 * the last line of its output is stored, and removes it after that report is durable.
 */
import type { Logger } from 'pino'
import type { Command } from '../../core/decision.ts'
import { type AttemptOutcome, type AttemptReport, attemptEnded, attemptTimedOut } from '../../core/job/attempt.ts'
import { hostAccessOf } from '../../core/job-definition/host-access.ts'
import type { Effect } from '../../core/react.ts'
import { hostRefusals, membersOf } from '../../core/workload/host-access/host-access.ts'
import type { AttemptSpec, Driver } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { Gate } from '../../ground/gate.ts'
import type { Clocks } from '../../ground/looking-clock.ts'
import { realTimers, type Timers } from '../../ground/timers.ts'
import type { LogStore } from '../../logs/log-store.ts'
import type { HostAccess } from '../../model/host-access.ts'
import { attemptName, type Job, jobIdOfAttemptName, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { PassFailpoint } from '../failpoints.ts'
import type { Loop } from '../loop/loop.ts'
import { AttemptRun, type AttemptSurroundings } from './attempt-run.ts'
import { attemptSpec, type ContainerOfAttempt, placeOf } from './attempt-spec.ts'
import { CatchUp } from './catch-up.ts'
import { type RefuseSecret, type ResolveSecrets, refusedLogOptions, withSecrets } from './container-secrets.ts'
import { Deadlines } from './deadlines.ts'
import { type FindSupply, mountsOf } from './mounts.ts'
import type { PendingStarts } from './pending-starts.ts'
import { untilTaken } from './until-taken.ts'

export interface SupervisorOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly logs: Pick<LogStore, 'openWriter'>
  readonly loop: Pick<Loop, 'execute' | 'memoryTrouble' | 'state'>
  readonly clocks: Clocks
  /** Real timers unless a test moves the time. */
  readonly timers?: Timers
  readonly log: Logger
  readonly failpoint: PassFailpoint
  readonly region: string
  /** How a driver's jobs reach this server. */
  readonly endpointFor: (driver: string) => string | undefined
  /** What jobs must trust to reach the server over TLS. */
  readonly trustFile?: string | undefined
  readonly resolveSecrets: ResolveSecrets
  /** Asks the policies about the secrets of a container. */
  readonly secretRefusal: (job: Job, attempt: LiveAttempt, of: ContainerOfAttempt) => RefuseSecret
  readonly supply: FindSupply
  /** The variables by which a container gets its credentials. */
  readonly accessOf: (
    job: Job,
    attempt: LiveAttempt,
    of: ContainerOfAttempt,
  ) => Promise<Readonly<Record<string, string>>>
  readonly pending: PendingStarts
  readonly stopGraceSeconds: number
  /**
   * How long a healthy engine must have denied knowing an attempt before the attempt counts as
   * lost.
   */
  readonly lostGraceMs: number
  readonly logCapBytes: number
}

/** Removals at once. More only lengthen the queue for the engine's lock. */
const removalsAtOnce = 4

export class Supervisor {
  readonly #options: SupervisorOptions
  /** By the attempt's name. */
  readonly #runs = new Map<string, AttemptRun>()
  readonly #deadlines: Deadlines
  readonly #closing = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #around: AttemptSurroundings
  readonly #catchUp: CatchUp
  #removed: (() => void) | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { clocks, timers = realTimers } = options
    this.#deadlines = new Deadlines({ ...clocks, timers })
    this.#around = {
      ...clocks,
      delay: this.#delay,
      failpoint: options.failpoint,
      log: options.log,
      logCapBytes: options.logCapBytes,
      logs: options.logs,
      lostGraceMs: options.lostGraceMs,
      pending: options.pending,
      removals: new Gate(removalsAtOnce),
      report: this.#report,
      specOf: (job, attempt, of) => this.#specOf(job, attempt, of),
      stopGraceSeconds: options.stopGraceSeconds,
    }
    this.#catchUp = new CatchUp({
      loop: options.loop,
      drivers: [...options.drivers.keys()],
      goesOn: (name) => this.#runs.get(name)?.goesOn(),
      report: (command) => this.#report(command),
      delay: this.#delay,
      looked: clocks.looked,
      closing: this.#closing.signal,
    })
  }

  /** Called when nobody looked for a while: after a start, and after this process was stopped. */
  catchUp(): void {
    if (!this.#closing.signal.aborted) this.#background(this.#catchUp.run(), 'asking what became of attempts')
  }

  /**
   * Whether this is the name of a followed attempt or of one of its containers, which must not be
   * taken for orphans.
   */
  isFollowed(name: string): boolean {
    const of = jobIdOfAttemptName(name)
    return of !== undefined && this.#runs.has(attemptName(of.jobId, of.attempt))
  }

  carryOut(effect: Extract<Effect, { type: 'superviseAttempt' | 'stopAttempt' | 'wakeForTimeout' }>): void {
    switch (effect.type) {
      case 'superviseAttempt':
        return this.#supervise(effect.jobId)
      case 'stopAttempt':
        return this.#runs.get(effect.name)?.requestStop()
      case 'wakeForTimeout':
        return this.#wakeForTimeout(effect)
    }
  }

  /** Releases every attempt and leaves it running. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const run of this.#runs.values()) run.letGo()
    this.#deadlines.close()
    await Promise.allSettled(this.#work)
  }

  #supervise(jobId: string): void {
    const job = this.#options.loop.state.jobs.get(jobId)
    const attempt = job && liveAttempt(job)
    const driver = attempt && this.#options.drivers.get(attempt.driver)
    if (!job || !attempt || this.#runs.has(attempt.name)) return
    if (!driver) {
      // The attempt keeps its state, because the operator may bring the driver back.
      this.#options.pending.note(attempt.name, `this server has no driver ${attempt.driver} any more`)
      this.#options.log.error({ jobId, driver: attempt.driver }, 'an attempt lives on a driver that is not configured')
      return
    }
    if (this.#closing.signal.aborted) return
    const run = new AttemptRun(this.#around, driver, job, attempt)
    this.#runs.set(attempt.name, run)
    this.#background(this.#followToEnd(run, job, attempt), `supervising ${attempt.name}`)
  }

  #wakeForTimeout(effect: Extract<Effect, { type: 'wakeForTimeout' }>): void {
    const { jobId, attempt } = effect
    const name = attemptName(jobId, attempt)
    const job = this.#options.loop.state.jobs.get(jobId)
    // If the attempt had ended meanwhile, its deadline would never be forgotten.
    if (!job || liveAttempt(job)?.name !== name) return
    this.#deadlines.set(name, effect, () =>
      this.#background(this.#timeIsUp({ jobId, attempt }, name), `timeout of ${jobId}`),
    )
  }

  /** `what` is a part of the log line of its failure. */
  #background(work: Promise<void>, what: string): void {
    this.#work.add(work)
    const failed = (err: unknown) => {
      this.#work.delete(work)
      if (!this.#closing.signal.aborted) this.#options.log.error({ err }, `${what} failed`)
    }
    work.then(() => this.#work.delete(work), failed)
  }

  /** Calls the listener whenever an attempt has been removed. */
  onRemoved(listener: () => void): void {
    this.#removed = listener
  }

  /** Follows a living attempt, whatever goes wrong on the way: anew, as after a restart. */
  async #followToEnd(first: AttemptRun, job: Job, attempt: LiveAttempt): Promise<void> {
    const { log, loop } = this.#options
    let run = first
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      try {
        const outcome = await run.run()
        return outcome && (await this.#ended(run, job.jobId, attempt, outcome))
      } catch (err) {
        if (this.#closing.signal.aborted) return
        run.letGo()
        await run.settled()
        log.error({ err, attempt: attempt.name }, 'following an attempt failed; trying again')
      }
      await this.#delay(backoffMs(tries))
      const current = loop.state.jobs.get(job.jobId)
      const live = current && liveAttempt(current)
      const isLive = live?.name === attempt.name
      // A state that never became durable must not end the following.
      if (!isLive && loop.memoryTrouble === undefined) return void this.#runs.delete(attempt.name)
      if (this.#closing.signal.aborted) return
      run = new AttemptRun(this.#around, run.driver, isLive ? current! : job, isLive ? live : attempt)
      this.#runs.set(attempt.name, run)
    }
  }

  /** Its last line is stored. */
  async #ended(run: AttemptRun, jobId: string, { name, number }: LiveAttempt, outcome: AttemptOutcome): Promise<void> {
    const ranAtMostMs = this.#deadlines.ranAtMostMs(name)
    const measured = await this.#withDiskPeak(run, name, outcome)
    await this.#report(attemptEnded({ jobId, attempt: number, outcome: measured, ranAtMostMs }), run.closing)
    if (this.#closing.signal.aborted) return
    this.#deadlines.drop(name)
    this.#options.failpoint('before-remove')
    try {
      await run.remove()
    } finally {
      this.#runs.delete(name)
      this.#removed?.()
    }
  }

  /** Short attempts are not looked at: that would take longer than they did. */
  async #withDiskPeak({ driver }: AttemptRun, name: string, outcome: AttemptOutcome): Promise<AttemptOutcome> {
    if (outcome.kind !== 'exited' || !driver.diskPeak) return outcome
    const { startedAtMs = outcome.stoppedAtMs, stoppedAtMs } = outcome
    if (stoppedAtMs - startedAtMs < limits.diskMeterLeastMs) return outcome
    try {
      return { ...outcome, scratchMib: Math.ceil(await driver.diskPeak(name)) }
    } catch (err) {
      this.#options.log.debug({ err, attempt: name }, 'what an attempt had on the disk cannot be measured')
      return outcome
    }
  }

  /**
   * The driver must say whether the attempt ran too long: this server may have been away or stopped
   * while the attempt ended in time.
   */
  async #timeIsUp(report: AttemptReport, name: string): Promise<void> {
    for (let tries = 0; !this.#closing.signal.aborted; tries++) {
      const answer = await this.#runs.get(name)?.goesOn()
      // The attempt's end is being reported, with the time at which it came.
      if (answer === 'no' || !this.#runs.has(name)) return
      if (answer === 'yes') return this.#report(attemptTimedOut(report))
      await this.#delay(backoffMs(tries))
    }
  }

  /** Returns what the driver needs to start the container, or why it cannot start. */
  async #specOf(job: Job, attempt: LiveAttempt, of: ContainerOfAttempt): Promise<AttemptSpec | AttemptOutcome> {
    const { accessOf, drivers, loop, region, endpointFor, trustFile, resolveSecrets, secretRefusal, supply } =
      this.#options
    const fargate = loop.state.computeEnvironments.get(attempt.computeEnvironment)?.fargate ?? false
    const hostAccess = hostAccessOf(loop.state, attempt.computeEnvironment)
    const beyond = job.spec.confined ? whyBeyond(job, hostAccess) : undefined
    if (beyond !== undefined) return { kind: 'failedToStart', reason: `CannotStartContainerError: ${beyond}` }
    const access = await accessOf(job, attempt, of)
    const { container } = of.container
    const { instanceId } = placeOf(attempt, of.part)
    const mounts = await mountsOf(container, { access: hostAccess, instanceId, supply })
    if ('why' in mounts) return { kind: 'failedToStart', reason: `CannotCreateContainerError: ${mounts.why}` }
    const settings = { region, endpoint: endpointFor(attempt.driver), trustFile, fargate, access, hostAccess, mounts }
    const spec = attemptSpec(job, attempt, settings, of)
    const secrets = refusedLogOptions(container) ?? resolveSecrets(container, secretRefusal(job, attempt, of))
    return withSecrets(spec, secrets, drivers.get(attempt.driver)!)
  }

  readonly #report = (command: Command, signal = this.#closing.signal): Promise<void> =>
    untilTaken(this.#options.loop, command, signal, this.#delay)

  readonly #delay = (ms: number, signal = this.#closing.signal): Promise<void> =>
    (this.#options.timers ?? realTimers).delay(ms, signal)
}

/** The grant may be another than when the job was submitted. */
function whyBeyond({ spec }: Job, hostAccess: HostAccess): string | undefined {
  const [first] = hostRefusals(membersOf(spec.workload), hostAccess)
  return first && `its compute environment does not allow ${first.member}: ${first.why}`
}
