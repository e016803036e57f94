/**
 * The planner: snapshot in, placements out. Queues by priority; in a queue jobs by submission, or by fair share. A head that must wait holds back
 * those behind it, as AWS's FIFO does, unless the operator allows backfill; a job that can never fit holds back nobody. On-demand work goes first.
 */
import { maxConcurrentOf } from '../../model/concurrency.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { limits } from '../../model/limits.ts'
import type { Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { childrenOf, resourcesOfNode, runningChildren, type State } from '../state.ts'
import { Draft } from './draft.ts'
import { type Fits, fit, isNever, type Misfit, type Phase } from './fit.ts'
import type { Reservation } from './reservation.ts'
import { reserveFor } from './reserve.ts'
import { outbid, type Reclaim, reclaimFor } from './spot.ts'
import { type Candidate, Turn } from './turn.ts'

export interface Placement {
  readonly jobId: string
  /** Set when the job is an array parent: which child starts. */
  readonly childIndex: number | undefined
  readonly fits: Fits
}

export interface Plan {
  readonly placements: readonly Placement[]
  /** Jobs that no host could ever hold as capacity stands. */
  readonly parked: readonly string[]
  /** Spot attempts that are told to go. */
  readonly reclaims: readonly Reclaim[]
  /** By queue, where it differs from what the state has; undefined: the head needs none any more. */
  readonly reservations: ReadonlyMap<string, Reservation | undefined>
  /** Why each job that was considered and not placed must wait. */
  readonly misfits: ReadonlyMap<string, Misfit>
  /** By queue: the job that holds back all behind it. */
  readonly heads: ReadonlyMap<string, string>
  /** The plan stopped at its limit; there may be room for more. */
  readonly truncated: boolean
}

interface QueuePlan {
  readonly turn: Turn
  readonly hasSpot: boolean
  readonly hasOnDemand: boolean
  over: boolean
  /** Jobs that were passed over since the head had to wait. */
  passed: number
}

export function plan(state: State, now: TimeMs, maxPlacements: number): Plan {
  return new Planner(state, now, maxPlacements).run()
}

class Planner {
  readonly #state: State
  readonly #now: TimeMs
  readonly #most: number
  readonly #draft: Draft
  readonly #placements: Placement[] = []
  readonly #parked: string[] = []
  readonly #reclaims: Reclaim[] = []
  readonly #reclaimed = new Set<string>()
  readonly #reservations = new Map<string, Reservation | undefined>()
  readonly #misfits = new Map<string, Misfit>()
  readonly #heads = new Map<string, string>()
  #truncated = false

  constructor(state: State, now: TimeMs, most: number) {
    this.#state = state
    this.#now = now
    this.#most = most
    this.#draft = new Draft(state)
  }

  run(): Plan {
    const queues = byPriority(this.#state.jobQueues.values())
      // Jobs of one that is being deleted are being ended, some at a time.
      .filter(({ name, status }) => status !== 'DELETING' && this.#state.waiting.has(name))
      .map((jobQueue) => this.#queuePlan(jobQueue))
    for (const phase of ['onDemand', 'all'] as const)
      for (const queue of queues) if (!this.#truncated && !queue.over) this.#planQueue(queue, phase)
    for (const [name, reservation] of this.#state.reservations)
      if (reservation && !this.#heads.has(name) && !this.#truncated) this.#reservations.set(name, undefined)
    this.#tell(outbid(this.#draft, this.#state.computeEnvironments.values()))
    return {
      placements: this.#placements,
      parked: this.#parked,
      reclaims: this.#reclaims,
      reservations: this.#reservations,
      misfits: this.#misfits,
      heads: this.#heads,
      truncated: this.#truncated,
    }
  }

  #queuePlan(jobQueue: JobQueue): QueuePlan {
    const environments = jobQueue.computeEnvironments.map((name) => this.#state.computeEnvironments.get(name))
    return {
      turn: new Turn(this.#state, jobQueue, this.#now),
      hasSpot: environments.some((it) => it?.spot !== undefined),
      hasOnDemand: environments.some((it) => it && !it.spot),
      over: false,
      passed: 0,
    }
  }

  #planQueue(queue: QueuePlan, phase: Phase): void {
    const { turn } = queue
    if (phase === 'onDemand' && queue.hasSpot && !queue.hasOnDemand) return
    for (let candidate = turn.peek(); candidate; candidate = turn.peek()) {
      if (this.#placements.length >= this.#most) {
        this.#truncated = true
        return
      }
      const { job } = candidate
      const result = this.#limited(turn, job) ?? fit(this.#draft, turn.jobQueue, job.spec, phase)
      if (result.kind === 'fits') {
        this.#place(turn, candidate, result)
        continue
      }
      // Spot may yet take it, when all on-demand work has had its turn.
      if (phase === 'onDemand' && queue.hasSpot) return
      if (isNever(result)) this.#parked.push(job.jobId)
      else if (result.kind === 'maxConcurrent' && result.of !== 'queue') this.#misfits.set(job.jobId, result)
      else if (!this.#mustWait(queue, job, result)) return
      turn.skip()
    }
    queue.over = true
  }

  /** Whether those behind it may be looked at. */
  #mustWait(queue: QueuePlan, job: Job, misfit: Misfit): boolean {
    const { jobQueue } = queue.turn
    this.#misfits.set(job.jobId, misfit)
    const isHead = !this.#heads.has(jobQueue.name)
    if (isHead) this.#heads.set(jobQueue.name, job.jobId)
    if (misfit.kind === 'hostsBusy' && (isHead || this.#state.rules.backfill)) this.#makeRoom(job, misfit)
    const mayPass = this.#state.rules.backfill && misfit.kind !== 'maxConcurrent' && misfit.kind !== 'shareReservation'
    if (!mayPass) {
      queue.over = true
      return false
    }
    if (isHead) this.#reserve(jobQueue, job, misfit)
    if (++queue.passed > limits.backfillDepth) queue.over = true
    return !queue.over
  }

  #makeRoom(job: Job, { computeEnvironment }: { readonly computeEnvironment: string }): void {
    const environment = this.#state.computeEnvironments.get(computeEnvironment)
    const driver = environment && this.#state.drivers.get(environment.driver)
    if (!driver || environment.spot) return
    this.#tell(reclaimFor(this.#draft, driver, job.jobId, job.spec, this.#reclaimed) ?? [])
  }

  #tell(reclaims: readonly Reclaim[]): void {
    for (const reclaim of reclaims) {
      const key = `${reclaim.jobId} ${reclaim.attempt}`
      if (this.#reclaimed.has(key)) continue
      this.#reclaimed.add(key)
      this.#reclaims.push(reclaim)
    }
  }

  #reserve({ name }: JobQueue, job: Job, misfit: Misfit): void {
    const known = this.#state.reservations.get(name)
    const made = reserveFor(this.#draft, known?.jobId === job.jobId ? known : undefined, job, misfit, this.#now)
    if (made !== known) this.#reservations.set(name, made)
    if (made) this.#draft.reservations.push(made)
  }

  #place(turn: Turn, { job, childIndex }: Candidate, fits: Fits): void {
    const { environment, slots } = fits
    const { spec } = job
    this.#draft.takeEnvironment(environment.name, environment.driver, environment.spot !== undefined, spec)
    for (const [node, slot] of slots.entries()) this.#draft.hold(environment.driver, slot, resourcesOfNode(spec, node))
    for (const key of [`queue ${turn.jobQueue.name}`, `owner ${spec.owner}`, `array ${arrayIdOf(job)}`])
      this.#draft.countRunning(key)
    this.#placements.push({ jobId: job.jobId, childIndex, fits })
    turn.took(spec.resources.vcpus)
  }

  /** Limits that hold a job back whatever room there is (wishes 23), and what fair share keeps free. */
  #limited(turn: Turn, job: Job): Misfit | undefined {
    const { jobQueue } = turn
    const { spec } = job
    const of = (
      kind: 'queue' | 'array' | 'user',
      name: string,
      key: string,
      before: number,
      most: number | undefined,
    ) => {
      const running = before + this.#draft.running(key)
      return most !== undefined && running >= most
        ? ({ kind: 'maxConcurrent', of: kind, name, running, most } as const)
        : undefined
    }
    const parent = this.#state.jobs.get(arrayIdOf(job))
    return (
      of(
        'queue',
        jobQueue.name,
        `queue ${jobQueue.name}`,
        this.#state.runningByQueue.get(jobQueue.name) ?? 0,
        maxConcurrentOf(jobQueue.tags),
      ) ??
      (parent && childrenOf(parent)
        ? of('array', parent.jobId, `array ${parent.jobId}`, runningChildren(parent), maxConcurrentOf(parent.tags))
        : undefined) ??
      of(
        'user',
        spec.owner,
        `owner ${spec.owner}`,
        this.#state.runningByOwner.get(spec.owner) ?? 0,
        this.#state.rules.runningPerUser,
      ) ??
      this.#shareReservation(turn, spec.resources)
    )
  }

  #shareReservation(turn: Turn, wanted: Resources): Misfit | undefined {
    if (!turn.policy?.computeReservation) return undefined
    const total = this.#vcpusOf(turn.jobQueue)
    const reservedVcpus = turn.reserved(total)
    const inUse = (this.#state.takenByQueue.get(turn.jobQueue.name)?.vcpus ?? 0) + turn.placedVcpus
    return inUse + wanted.vcpus > total - reservedVcpus
      ? { kind: 'shareReservation', reservedVcpus, inUse, total }
      : undefined
  }

  /** What the queue's environments may use, no more than there is. */
  #vcpusOf({ computeEnvironments }: JobQueue): number {
    const most = new Map<string, number>()
    for (const name of computeEnvironments) {
      const environment = this.#state.computeEnvironments.get(name)
      if (environment?.state === 'ENABLED')
        most.set(environment.driver, (most.get(environment.driver) ?? 0) + environment.maxvCpus)
    }
    let sum = 0
    for (const [driver, vcpus] of most)
      sum += Math.min(vcpus, this.#state.drivers.get(driver)?.index.capacity.vcpus ?? 0)
    return sum
  }
}

/** The ids of a queue's first waiting jobs in the order the planner takes them; children of arrays one by one. */
export function frontOfQueue(state: State, jobQueue: JobQueue, now: TimeMs, limit: number): Candidate[] {
  const turn = new Turn(state, jobQueue, now)
  const front: Candidate[] = []
  for (let candidate = turn.peek(); candidate && front.length < limit; candidate = turn.peek()) {
    front.push(candidate)
    turn.took(candidate.job.spec.resources.vcpus)
  }
  return front
}

/** Of a child, its array's. */
function arrayIdOf({ jobId, arrayIndex }: Job): string {
  return arrayIndex === undefined ? jobId : jobId.slice(0, jobId.lastIndexOf(':'))
}

/** Higher priority first; queues of one priority by name, so that the order is the same at every pass. */
function byPriority(jobQueues: Iterable<JobQueue>): JobQueue[] {
  return [...jobQueues].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
}
