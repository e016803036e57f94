/**
 * The planner: takes a snapshot, returns placements. Queues go by priority; in a queue, jobs go by
 * submission or by fair share. A head that must wait blocks the jobs behind it, as in AWS's FIFO,
 * unless the operator allows backfill. A job that can never fit blocks nobody. On-demand work goes
 * first: spot attempts start when all queues have had their turn with it, and make room for it.
 */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import { resourcesOfNode } from '../state/bookings.ts'
import { childrenOf } from '../state/children.ts'
import { diskNeedOf } from '../state/disk-need.ts'
import type { Reservation } from '../state/reservation.ts'
import { type State, shareHosts } from '../state/state.ts'
import { Draft } from './draft.ts'
import { type Fits, fit, fitSpotBefore, isNever, type Misfit, shortOf } from './fit.ts'
import { Concurrency, keptForHead, shareReservation } from './held-back.ts'
import { reserveFor } from './reserve.ts'
import { type Reclaim, Reclaims } from './spot.ts'
import { type Candidate, QueueOrder } from './whose-turn.ts'

export interface Placement {
  readonly jobId: string
  /** Set when the job is an array parent: the child that starts. */
  readonly childIndex: number | undefined
  readonly fits: Fits
}

export interface ReservationChange {
  readonly jobQueue: string
  /** Undefined when the head no longer needs one. */
  readonly reservation: Reservation | undefined
  /** How many placements were made before it. The later ones run beside the head. */
  readonly afterPlacements: number
}

export interface Plan {
  readonly placements: readonly Placement[]
  /** Jobs that no host could ever hold with the present capacity. */
  readonly parked: readonly string[]
  /** Spot attempts that get a notice. */
  readonly reclaims: readonly Reclaim[]
  /** Reservations that differ from the state's, in order. */
  readonly reservations: readonly ReservationChange[]
  /** Why each job that was considered and not placed must wait. */
  readonly misfits: ReadonlyMap<string, Misfit>
  /** Users who run as many jobs as they may. None of their jobs is considered. */
  readonly usersAtLimit: ReadonlyMap<string, Misfit>
  /** By queue: the job that blocks all jobs behind it. */
  readonly heads: ReadonlyMap<string, string>
  /**
   * Whether the plan stopped at its limit, or changed what it was based on. There may be more to
   * do.
   */
  readonly truncated: boolean
}

/** The job would start on spot, and has on-demand room of its own to start in. */
interface Deferred {
  readonly candidate: Candidate
  readonly onDemand: Fits
}

interface QueuePlan {
  readonly turn: QueueOrder
  readonly onlySpot: boolean
  readonly deferred: Deferred[]
  over: boolean
  /** The job that blocks all jobs behind it, or would without backfill. */
  head: Job | undefined
  /** Whether spot attempts make room for it. */
  makesRoom: boolean
  /** The jobs considered after it that find all on-demand hosts busy. */
  readonly passed: Job[]
  passedCount: number
}

export function plan(state: State, now: TimeMs, maxPlacements: number): Plan {
  return new Planner(state, now, maxPlacements).run()
}

class Planner {
  readonly #state: State
  readonly #now: TimeMs
  readonly #most: number
  readonly #draft: Draft
  readonly #reclaims: Reclaims
  readonly #concurrency: Concurrency
  #placements: Placement[] = []
  #deferredCount = 0
  readonly #parked: string[] = []
  #reservations: ReservationChange[] = []
  readonly #misfits = new Map<string, Misfit>()
  readonly #usersAtLimit = new Map<string, Misfit>()
  readonly #heads = new Map<string, string>()
  #truncated = false
  /** Whether another plan can do what this one could not. */
  #wantsAnother = false

  constructor(state: State, now: TimeMs, most: number) {
    this.#state = state
    this.#now = now
    this.#most = most
    this.#draft = new Draft(state)
    this.#reclaims = new Reclaims(this.#draft)
    this.#concurrency = new Concurrency(state)
  }

  run(): Plan {
    const queues = byPriority(this.#state).map((jobQueue) => this.#queuePlan(jobQueue))
    for (const queue of queues) if (!queue.onlySpot) this.#planQueue(queue, 'onDemand')
    this.#makeRoomAhead(queues)
    for (const queue of queues) if (!queue.over) this.#planDeferred(queue)
    // Only now is it known who waits for room.
    for (const queue of queues) for (const deferred of queue.deferred) this.#settle(queue, deferred, queues)
    if (!this.#truncated) {
      const afterPlacements = this.#placements.length
      for (const jobQueue of this.#state.reservations.keys())
        if (!this.#heads.has(jobQueue)) this.#reservations.push({ jobQueue, reservation: undefined, afterPlacements })
    }
    if (this.#placements.length > 0 && this.#mayWaitForOther(queues)) this.#wantsAnother = true
    const overtookItself = this.#overtookItself()
    this.#withdrawOutbid()
    this.#reclaims.tellOutbid()
    const reclaims = this.#reclaims.list()
    return {
      placements: this.#placements,
      parked: this.#parked,
      reclaims,
      reservations: this.#reservations,
      misfits: this.#misfits,
      usersAtLimit: this.#usersAtLimit,
      heads: this.#heads,
      truncated: this.#truncated || this.#wantsAnother || reclaims.length > 0 || overtookItself,
    }
  }

  /**
   * Whether the placements may have changed what a head waits for. With backfill it then reserves
   * something else. If spot was full of other work and is closed to it now, it requests on-demand
   * room.
   */
  #mayWaitForOther(queues: readonly QueuePlan[]): boolean {
    if (this.#state.rules.backfill) return this.#heads.size > 0
    const placedOnSpot = this.#placements.some(({ fits }) => fits.environment.spot)
    return placedOnSpot && queues.some(({ head, onlySpot }) => head && !onlySpot)
  }

  #queuePlan(jobQueue: JobQueue): QueuePlan {
    return {
      turn: new QueueOrder(this.#state, jobQueue, this.#now, this.#state.reservations.get(jobQueue.name)?.jobId),
      onlySpot: jobQueue.computeEnvironments.every((name) => this.#state.computeEnvironments.get(name)?.spot),
      deferred: [],
      over: false,
      head: undefined,
      makesRoom: false,
      passed: [],
      passedCount: 0,
    }
  }

  /**
   * Its turn with spot. A job that gets none after all requests on-demand room ahead of lower
   * priorities. Those went first in this plan, so the next plan handles it.
   */
  #planDeferred(queue: QueuePlan): void {
    this.#planQueue(queue, 'all')
    if (queue.head && !queue.onlySpot && this.#placements.length > 0) this.#wantsAnother = true
  }

  #planQueue(queue: QueuePlan, phase: 'onDemand' | 'all'): void {
    const { turn } = queue
    for (let candidate = turn.peek(); candidate && !this.#truncated; candidate = turn.peek()) {
      if (this.#placements.length + this.#deferredCount + this.#parked.length >= this.#most) {
        this.#truncated = true
        return
      }
      const { job } = candidate
      const limit = this.#concurrency.limitOf(turn.jobQueue, job)
      if (limit?.of === 'user') {
        this.#usersAtLimit.set(job.spec.owner, limit)
        turn.skipLine()
        continue
      }
      const { resources } = job.spec
      const result =
        limit ??
        shareReservation(this.#state, turn, resources) ??
        (queue.head && keptForHead(this.#state, turn, this.#concurrency, queue.head, job)) ??
        fit(this.#draft, turn.jobQueue, job.spec)
      if (result.kind === 'fits') {
        if (result.environment.spot && phase === 'onDemand') {
          if (!this.#defer(queue, candidate)) return
        } else this.#place(turn, candidate, result)
        continue
      }
      if (isNever(result)) this.#parked.push(job.jobId)
      else if (limit?.of === 'array') this.#misfits.set(job.jobId, limit)
      else if (!this.#leaveWaiting(queue, candidate, result)) return
      turn.skip()
    }
    queue.over = true
  }

  /** The candidate waits. Returns whether the jobs behind it may be examined. */
  #leaveWaiting(queue: QueuePlan, candidate: Candidate, misfit: Misfit): boolean {
    const { jobQueue } = queue.turn
    const { job } = candidate
    this.#misfits.set(job.jobId, misfit)
    const isHead = !queue.head
    if (isHead) {
      queue.head = job
      this.#heads.set(jobQueue.name, job.jobId)
      queue.makesRoom = this.#makeRoom(job, misfit)
    } else if (this.#onDemandOf(misfit).length > 0) queue.passed.push(job)
    if (isHead && this.#state.rules.backfill) this.#reserve(queue, candidate, misfit)
    const mayPass = this.#state.rules.backfill && misfit.kind !== 'maxConcurrent' && misfit.kind !== 'shareReservation'
    queue.over = !mayPass || ++queue.passedCount > limits.backfillDepth || this.#isFull(jobQueue)
    return !queue.over
  }

  /** Nothing is free, and no attempt could get a notice. */
  #isFull({ computeEnvironments }: JobQueue): boolean {
    return computeEnvironments.every((name) => {
      const environment = this.#state.computeEnvironments.get(name)
      const driver = environment && this.#state.drivers.get(environment.driver)
      return !driver || (driver.index.isFull && driver.index.spotSlots().size === 0)
    })
  }

  /**
   * The on-demand environments whose hosts the job finds all busy, or kept for others. Excludes
   * those on whose hosts it would start on spot.
   */
  #onDemandOf(misfit: Misfit): ComputeEnvironment[] {
    const busy = this.#busyOf(misfit)
    return busy.filter(
      ({ spot, driver }) => !spot && !busy.some((other) => other.spot && shareHosts(this.#state, other.driver, driver)),
    )
  }

  #busyOf(misfit: Misfit): ComputeEnvironment[] {
    return [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].flatMap((it) => {
      if (it.kind !== 'hostsBusy' && !(it.kind === 'roomReserved' && it.of === 'hosts')) return []
      return this.#state.computeEnvironments.get(it.computeEnvironment) ?? []
    })
  }

  /** No attempt has to leave for a job that could not start even then. */
  #makeRoom(job: Job, misfit: Misfit): boolean {
    return this.#onDemandOf(misfit).some((environment) => {
      if (shortOf(this.#draft, environment, job.spec)) return false
      const made = this.#reclaims.makeRoom(environment, job)
      // The next plan can give notice to what this plan places on spot.
      for (const { driver } of made ? [] : this.#draft.spotEnvironments())
        if (shareHosts(this.#state, driver, environment.driver)) this.#wantsAnother = true
      return made
    })
  }

  /**
   * For a queue with both on-demand and spot environments: keeps on-demand room for the job at its
   * queue's priority. The terms on which it starts are settled when all on-demand work has had its
   * turn. Returns false if there is no such room: its queue waits for its turn with spot.
   */
  #defer({ turn, deferred }: QueuePlan, candidate: Candidate): boolean {
    const { job } = candidate
    const onDemand = fit(this.#draft, turn.jobQueue, job.spec, 'onDemand')
    if (onDemand.kind !== 'fits') return false
    this.#takeSlots(job, onDemand)
    this.#draft.giveEither(onDemand.environment, job.spec)
    this.#concurrency.count(turn.jobQueue, job)
    deferred.push({ candidate, onDemand })
    this.#deferredCount++
    turn.took(job.spec.resources.vcpus)
    return true
  }

  /**
   * Starts it on spot, unless others who go first wait for room there: on-demand work, for which it
   * would have to leave at once, and spot work of queues of higher priority.
   */
  #settle({ turn: { jobQueue } }: QueuePlan, { candidate, onDemand }: Deferred, queues: readonly QueuePlan[]): void {
    const { job, childIndex } = candidate
    const isWanted = (driver: string) =>
      queues.some(({ head, onlySpot, turn }) => {
        const misfit = head && this.#misfits.get(head.jobId)
        if (!misfit) return false
        const goesBefore = onlySpot && turn.jobQueue.priority > jobQueue.priority
        const wanted = goesBefore ? this.#busyOf(misfit) : this.#onDemandOf(misfit)
        return wanted.some((environment) => shareHosts(this.#state, environment.driver, driver))
      })
    const spot = fitSpotBefore(this.#draft, jobQueue, job.spec, onDemand)
    const fits = spot && !isWanted(spot.environment.driver) ? spot : onDemand
    this.#draft.settleOn(onDemand.environment, fits.environment, job.spec)
    if (fits.slots !== onDemand.slots) this.#takeSlots(job, fits)
    // Room that it does not need after all may suffice for others.
    if (fits !== onDemand) this.#wantsAnother = true
    this.#placements.push({ jobId: job.jobId, childIndex, fits })
  }

  /**
   * Makes room for the on-demand jobs that follow a head for which room is being made. Otherwise
   * each would wait for its own notice to run out. Free room that would be theirs is held too, so
   * that no spot attempt starts there only to get a notice.
   */
  #makeRoomAhead(queues: readonly QueuePlan[]): void {
    const concurrency = this.#concurrency.fork()
    let left = this.#most
    for (const queue of queues) {
      const { turn, head, passed } = queue
      if (this.#truncated || !head || !(queue.makesRoom || passed.length > 0)) continue
      if (queue.makesRoom) concurrency.count(turn.jobQueue, head)
      for (const job of this.#following(queue, head)) {
        if (left-- <= 0) return
        const { resources } = job.spec
        if (concurrency.limitOf(turn.jobQueue, job) || shareReservation(this.#state, turn, resources)) break
        const result = fit(this.#draft, turn.jobQueue, job.spec)
        if (isNever(result)) continue
        if (result.kind === 'fits') {
          if (result.environment.spot) break
          this.#hold(job, result)
        } else if (!this.#makeRoom(job, result)) break
        concurrency.count(turn.jobQueue, job)
      }
    }
  }

  /** Yields the jobs that would be placed after the head, children of arrays one by one. */
  *#following({ turn, makesRoom, passed }: QueuePlan, head: Job): Generator<Job> {
    if (this.#state.rules.backfill) {
      for (const job of [head, ...passed]) {
        const children = childrenOf(job)
        const placed = children ? this.#placements.filter(({ jobId }) => jobId === job.jobId).length : 0
        const waiting = (children?.startable ?? 1) - placed
        for (let at = job === head ? 1 : 0; at < waiting && (makesRoom || job !== head); at++) yield job
      }
      return
    }
    turn.took(head.spec.resources.vcpus)
    for (let candidate = turn.peek(); candidate; candidate = turn.peek()) {
      yield candidate.job
      turn.took(candidate.job.spec.resources.vcpus)
    }
  }

  #hold({ jobId, spec }: Job, { environment, slots }: Fits): void {
    for (const [node, slot] of slots.entries()) {
      this.#draft.keep(environment.driver, slot, resourcesOfNode(spec, node), jobId)
      this.#draft.giveDisk(slot, diskNeedOf(spec, this.#state.rules))
    }
    this.#draft.keepVcpus(environment.name, spec, jobId)
  }

  /** Room that spot attempts make is held already, and needs no reservation. */
  #reserve({ turn, makesRoom }: QueuePlan, candidate: Candidate, misfit: Misfit): void {
    const { name: jobQueue } = turn.jobQueue
    const known = this.#state.reservations.get(jobQueue)
    const reservation = makesRoom ? undefined : reserveFor(this.#draft, known, candidate, misfit, this.#now)
    if (reservation !== known)
      this.#reservations.push({ jobQueue, reservation, afterPlacements: this.#placements.length })
    if (reservation) this.#draft.reserve(reservation, reservation.beside === known?.beside ? known : undefined)
    // The reservation made this job be considered before others.
    else if (known) this.#wantsAnother = true
  }

  #place(turn: QueueOrder, { job, childIndex }: Candidate, fits: Fits): void {
    this.#draft.giveVcpus(fits.environment, job.spec)
    this.#takeSlots(job, fits)
    this.#concurrency.count(turn.jobQueue, job)
    this.#placements.push({ jobId: job.jobId, childIndex, fits })
    turn.took(job.spec.resources.vcpus)
  }

  #takeSlots({ spec }: Job, { environment, slots }: Fits): void {
    const need = diskNeedOf(spec, this.#state.rules)
    for (const [node, slot] of slots.entries()) {
      this.#draft.give(environment.driver, slot, resourcesOfNode(spec, node))
      this.#draft.giveDisk(slot, need)
    }
  }

  /**
   * On-demand work that fell back to its last environment may raise the price above the bid of
   * earlier spot placements. Those are not started.
   */
  #withdrawOutbid(): void {
    const outbid = [...this.#draft.spotEnvironments()].filter((environment) => this.#isOutbid(environment))
    if (outbid.length === 0) return
    const isKept = ({ fits }: Placement) => !outbid.includes(fits.environment)
    const keptBefore = [0]
    for (const placement of this.#placements) keptBefore.push(keptBefore.at(-1)! + (isKept(placement) ? 1 : 0))
    this.#placements = this.#placements.filter(isKept)
    this.#reservations = this.#reservations.map((it) => ({ ...it, afterPlacements: keptBefore[it.afterPlacements]! }))
  }

  #isOutbid({ spot, driver }: ComputeEnvironment): boolean {
    return spot !== undefined && this.#draft.spotPrice(this.#state.drivers.get(driver)!) > spot.bidPercentage
  }

  /**
   * Whether the plan's own placements made some of it out of date. They may have raised the price
   * above the bid of what it started on spot, or of what its heads wait for. They may also have
   * brought a head to a limit. The next plan takes that into account.
   */
  #overtookItself(): boolean {
    for (const environment of this.#draft.spotEnvironments()) if (this.#isOutbid(environment)) return true
    for (const [jobQueue, jobId] of this.#heads) {
      const misfit = this.#misfits.get(jobId)!
      if (misfit.kind === 'maxConcurrent') continue
      if (this.#concurrency.limitOf(this.#state.jobQueues.get(jobQueue)!, this.#state.jobs.get(jobId)!)) return true
      if (misfit.kind === 'spotPriceAboveBid' || !('computeEnvironment' in misfit)) continue
      if (this.#isOutbid(this.#state.computeEnvironments.get(misfit.computeEnvironment)!)) return true
    }
    return false
  }
}

/**
 * Returns a queue's first waiting jobs in the planner's order, children of arrays one by one.
 */
export function frontOfQueue(state: State, jobQueue: JobQueue, now: TimeMs, limit: number): Candidate[] {
  const turn = new QueueOrder(state, jobQueue, now, state.reservations.get(jobQueue.name)?.jobId)
  const front: Candidate[] = []
  for (let candidate = turn.peek(); candidate && front.length < limit; candidate = turn.peek()) {
    front.push(candidate)
    turn.took(candidate.job.spec.resources.vcpus)
  }
  return front
}

/**
 * The queues with waiting jobs. Higher priority comes first. Among equal priorities, the queue
 * whose first job was submitted first comes first, so that none has to wait forever.
 */
function byPriority({ jobQueues, waiting }: State): JobQueue[] {
  const queues: { readonly jobQueue: JobQueue; readonly since: number }[] = []
  for (const jobQueue of jobQueues.values()) {
    // Jobs of a queue that is being deleted are ended, some at a time.
    if (jobQueue.status === 'DELETING') continue
    let since = Number.POSITIVE_INFINITY
    for (const line of waiting.get(jobQueue.name)?.lines.values() ?? [])
      since = Math.min(since, line.first()?.seq ?? Number.POSITIVE_INFINITY)
    if (since < Number.POSITIVE_INFINITY) queues.push({ jobQueue, since })
  }
  const inOrder = queues.sort((a, b) => b.jobQueue.priority - a.jobQueue.priority || a.since - b.since)
  return inOrder.map(({ jobQueue }) => jobQueue)
}
