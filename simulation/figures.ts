/**
 * Figures of a simulation, from the core's events alone. Each event is observed before the state
 * changes, so that the state before and after is known.
 */
import type { Event } from '../src/core/events.ts'
import { childrenOf } from '../src/core/state/children.ts'
import type { Host } from '../src/core/state/host.ts'
import type { State } from '../src/core/state/state.ts'
import { type Job, type LiveAttempt, liveAttempt } from '../src/model/job.ts'
import { noResources, plus, type Resources } from '../src/model/resources.ts'
import type { Work } from './arrivals.ts'
import { Level, type Window } from './level.ts'
import { Samples } from './samples.ts'

/** Shorter runs count as this long for the slowdown (Feitelson's bounded slowdown). */
const shortestRunMs = 10_000

/** What the simulation knows about a job, or about an array with all its children. */
export interface Submission {
  readonly work: Work
  readonly share: ShareFigures
  /** The job was submitted within the measured window, so its wait counts. */
  readonly measured: boolean
  runnableAtMs: number
  /** Children that ended with a record of their own. */
  ended: number
}

/** The figures of one share of one queue. Jobs without a share count together. */
export class ShareFigures {
  /** Milliseconds from RUNNABLE to the first RUNNING. */
  readonly waits = new Samples()
  readonly slowdowns = new Samples()
  /** vCPUs. */
  readonly used: Level
  readonly waiting: Level
  submitted = 0
  succeeded = 0
  failed = 0
  constructor(window: Window) {
    this.used = new Level(window)
    this.waiting = new Level(window)
  }
}

const kinds = ['vcpus', 'memoryMib', 'gpus'] as const

export class Figures {
  readonly window: Window
  readonly submissions = new Map<string, Submission>()
  /** By job queue, then by share identifier; empty for jobs without one. */
  readonly queues = new Map<string, Map<string, ShareFigures>>()
  readonly used: Record<(typeof kinds)[number], Level>
  readonly capacity: Record<(typeof kinds)[number], Level>
  /** vCPUs on spot. */
  readonly spot: Level
  readonly jobsWaiting: Level
  /** Attempts that were stopped for others, and attempts whose host failed. */
  interrupted = 0
  lost = 0
  timedOut = 0
  attempts = 0
  /** vCPU-milliseconds of attempts that were interrupted or lost. */
  lostWork = 0
  readonly #isSpot: (computeEnvironment: string) => boolean
  /** The sum of the hosts of each driver. */
  readonly #hosts = new Map<string, Resources>()

  constructor(window: Window, isSpot: (computeEnvironment: string) => boolean) {
    this.window = window
    this.#isSpot = isSpot
    this.used = { vcpus: new Level(window), memoryMib: new Level(window), gpus: new Level(window) }
    this.capacity = { vcpus: new Level(window), memoryMib: new Level(window), gpus: new Level(window) }
    this.spot = new Level(window)
    this.jobsWaiting = new Level(window)
  }

  share(jobQueue: string, shareIdentifier = ''): ShareFigures {
    const shares = this.queues.get(jobQueue) ?? new Map<string, ShareFigures>()
    this.queues.set(jobQueue, shares)
    const share = shares.get(shareIdentifier) ?? new ShareFigures(this.window)
    shares.set(shareIdentifier, share)
    return share
  }

  /** Called with the answer of SubmitJob, before its events. */
  submitted(jobId: string, work: Work, nowMs: number): void {
    const share = this.share(work.stream.jobQueue, work.shareIdentifier)
    share.submitted += work.arraySize ?? 1
    const measured = nowMs >= this.window.fromMs && nowMs < this.window.toMs
    this.submissions.set(jobId, { work, share, measured, runnableAtMs: nowMs, ended: 0 })
  }

  /**
   * `state` is the state before the event. Times are those of the simulation, which begins at 0.
   */
  observe(state: State, event: Event, nowMs: number): void {
    switch (event.type) {
      case 'jobMadeRunnable': {
        const submission = this.submissions.get(event.jobId)!
        submission.runnableAtMs = nowMs
        this.#wait(submission, submission.work.arraySize ?? 1, nowMs)
        return
      }
      case 'attemptPlaced': {
        const job = state.jobs.get(event.jobId)!
        this.attempts++
        this.#wait(this.submissionOf(job), -1, nowMs)
        this.#take(job, event.attempt, 1, nowMs)
        return
      }
      case 'attemptStarted':
        return this.#started(state.jobs.get(event.jobId)!, nowMs)
      case 'attemptStopping':
        if (event.cause.kind === 'timedOut') this.timedOut++
        return
      case 'attemptEnded':
        return this.#ended(state, event, nowMs)
      case 'childrenHalted':
        return this.#haltChildren(state.jobs.get(event.jobId)!, nowMs)
      case 'jobFinished':
        return this.#finished(state, event, nowMs)
      case 'driverSeen':
        if (event.hosts) this.#capacityOf(event.driver, event.hosts, nowMs)
        return
      default:
        return
    }
  }

  /** The submission of a live job, or of the array of a child. */
  submissionOf(job: Job): Submission {
    const id = job.arrayIndex === undefined ? job.jobId : job.jobId.slice(0, job.jobId.lastIndexOf(':'))
    return this.submissions.get(id)!
  }

  #wait({ work, share }: Submission, jobs: number, nowMs: number): void {
    this.jobsWaiting.add(jobs, nowMs)
    share.waiting.add(jobs * work.resources.vcpus, nowMs)
  }

  #take(job: Job, attempt: LiveAttempt, sign: 1 | -1, nowMs: number): void {
    const { resources } = job.spec
    for (const kind of kinds) this.used[kind].add(sign * resources[kind], nowMs)
    this.submissionOf(job).share.used.add(sign * resources.vcpus, nowMs)
    if (this.#isSpot(attempt.computeEnvironment)) this.spot.add(sign * resources.vcpus, nowMs)
  }

  #started(job: Job, nowMs: number): void {
    const { share, measured, runnableAtMs } = this.submissionOf(job)
    // For a job that is tried again, the first start counts.
    if (measured && job.attempts.every(({ startedAtMs }) => startedAtMs === undefined))
      share.waits.push(nowMs - runnableAtMs)
  }

  #ended(state: State, event: Extract<Event, { type: 'attemptEnded' }>, nowMs: number): void {
    const job = state.jobs.get(event.jobId)!
    const attempt = liveAttempt(job)!
    const submission = this.submissionOf(job)
    const { ended, next } = event
    this.#take(job, attempt, -1, nowMs)
    const cause = (job.state.status === 'STARTING' || job.state.status === 'RUNNING') && job.state.stopping?.kind
    const isLost = ended.exitCode === undefined && ended.startedAtMs !== undefined
    if (cause === 'reclaimed') this.interrupted++
    else if (isLost) this.lost++
    if (cause === 'reclaimed' || isLost)
      this.lostWork += job.spec.resources.vcpus * (ended.stoppedAtMs - (ended.startedAtMs ?? ended.stoppedAtMs))
    if (next.status === 'RUNNABLE') return this.#wait(submission, 1, nowMs)
    if (next.status === 'SUCCEEDED' && submission.measured && ended.startedAtMs !== undefined) {
      const ranMs = Math.max(shortestRunMs, ended.stoppedAtMs - ended.startedAtMs)
      submission.share.slowdowns.push(Math.max(1, (nowMs - submission.runnableAtMs) / ranMs))
    }
    this.#count(job, submission, next.status === 'SUCCEEDED')
  }

  #count(job: Job, submission: Submission, succeeded: boolean): void {
    if (succeeded) submission.share.succeeded++
    else submission.share.failed++
    submission.ended++
    if (job.arrayIndex === undefined) this.submissions.delete(job.jobId)
  }

  /** An end without an attempt. */
  #finished(state: State, { jobId, finished }: Extract<Event, { type: 'jobFinished' }>, nowMs: number): void {
    const job = state.jobs.get(jobId)!
    const submission = this.submissionOf(job)
    if (job.state.status === 'RUNNABLE') this.#wait(submission, -1, nowMs)
    if (job.spec.arraySize === undefined || job.arrayIndex !== undefined)
      return this.#count(job, submission, finished.status === 'SUCCEEDED')
    this.#haltChildren(job, nowMs)
    // Children that ended by themselves are already counted. The others ended with the array.
    submission.share.failed += job.spec.arraySize - submission.ended
    this.submissions.delete(jobId)
  }

  /** The waiting children no longer wait. */
  #haltChildren(job: Job, nowMs: number): void {
    const startable = childrenOf(job)?.startable ?? 0
    if (startable > 0) this.#wait(this.submissionOf(job), -startable, nowMs)
  }

  #capacityOf(driver: string, hosts: readonly Host[], nowMs: number): void {
    const before = this.#hosts.get(driver) ?? noResources
    const now = hosts.reduce((sum, { capacity }) => plus(sum, capacity), noResources)
    for (const kind of kinds) this.capacity[kind].add(now[kind] - before[kind], nowMs)
    this.#hosts.set(driver, now)
  }
}
