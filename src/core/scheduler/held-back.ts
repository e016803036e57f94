/**
 * What holds a job back whatever room there is: limits on how many run at once, and what fair share
 * keeps free.
 */
import { maxConcurrentOf } from '../../model/concurrency.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { Resources } from '../../model/resources.ts'
import { childrenOf, runningChildren } from '../state/children.ts'
import type { HostIndex } from '../state/host-index.ts'
import type { State } from '../state/state.ts'
import type { EnvironmentMisfit, Misfit } from './fit.ts'
import type { QueueOrder } from './whose-turn.ts'

type AtLimit = Extract<EnvironmentMisfit, { kind: 'maxConcurrent' }>

/** How many jobs run at once, including those that a plan has placed so far. */
export class Concurrency {
  readonly #state: State
  readonly #byQueue: Map<string, number>
  readonly #byOwner: Map<string, number>
  readonly #byArray: Map<string, number>

  constructor(state: State, from?: Concurrency) {
    this.#state = state
    this.#byQueue = new Map(from ? from.#byQueue : [])
    this.#byOwner = new Map(from ? from.#byOwner : [])
    this.#byArray = new Map(from ? from.#byArray : [])
  }

  /** Returns a copy, to count further without changing this one. */
  fork(): Concurrency {
    return new Concurrency(this.#state, this)
  }

  /** Returns the first limit that the job would break. */
  limitOf({ name, tags }: JobQueue, job: Job): AtLimit | undefined {
    const { rules, jobs } = this.#state
    const { owner } = job.spec
    const ofQueue = maxConcurrentOf(tags)
    if (ofQueue !== undefined) {
      const running = this.#running(name)
      if (running >= ofQueue) return { kind: 'maxConcurrent', of: 'queue', name, running, most: ofQueue }
    }
    const { runningPerUser } = rules
    if (runningPerUser !== undefined) {
      const running = this.#runningOf(owner)
      if (running >= runningPerUser)
        return { kind: 'maxConcurrent', of: 'user', name: owner, running, most: runningPerUser }
    }
    const arrayId = arrayIdOf(job)
    const array = arrayId === undefined ? undefined : jobs.get(arrayId)
    const ofArray = array && maxConcurrentOf(array.tags)
    if (ofArray === undefined) return undefined
    const running = runningChildren(array!) + (this.#byArray.get(arrayId!) ?? 0)
    return running >= ofArray
      ? { kind: 'maxConcurrent', of: 'array', name: arrayId!, running, most: ofArray }
      : undefined
  }

  /**
   * Whether one more job beside the head would leave the head no place within the limit of its
   * queue or of its user.
   */
  keepsLastFor({ name, tags }: JobQueue, head: Job, { spec: { owner } }: Job): boolean {
    const ofQueue = maxConcurrentOf(tags)
    if (ofQueue !== undefined && this.#running(name) + 1 >= ofQueue) return true
    const { runningPerUser } = this.#state.rules
    return runningPerUser !== undefined && owner === head.spec.owner && this.#runningOf(owner) + 1 >= runningPerUser
  }

  #runningOf(owner: string): number {
    return (this.#state.runningByOwner.get(owner) ?? 0) + (this.#byOwner.get(owner) ?? 0)
  }

  #running(jobQueue: string): number {
    return (this.#state.runningByQueue.get(jobQueue) ?? 0) + (this.#byQueue.get(jobQueue) ?? 0)
  }

  /** Notes that the plan places the job. */
  count({ name }: JobQueue, job: Job): void {
    add(this.#byQueue, name)
    add(this.#byOwner, job.spec.owner)
    const arrayId = arrayIdOf(job)
    if (arrayId !== undefined) add(this.#byArray, arrayId)
  }
}

/**
 * Reserved room is useless to a queue in which nothing runs: the next job then starts however much
 * it uses. `beside` is what another job waits for.
 */
export function shareReservation(
  state: State,
  turn: QueueOrder,
  wanted: Resources,
  beside?: Resources,
): Misfit | undefined {
  const { reservedFraction, jobQueue } = turn
  if (reservedFraction === 0) return undefined
  const inUse = (state.takenByQueue.get(jobQueue.name)?.vcpus ?? 0) + turn.placedVcpus
  const total = vcpusOf(state, jobQueue)
  // The lack of room is then not due to fair share.
  if (total === 0) return undefined
  const reservedVcpus = total * reservedFraction
  const isOver = inUse + wanted.vcpus + (beside?.vcpus ?? 0) > total - reservedVcpus
  return isOver && (inUse > 0 || beside) ? { kind: 'shareReservation', reservedVcpus, inUse, total } : undefined
}

/**
 * A job that passes the head of its queue may not take what the head needs of the queue's own
 * limits.
 */
export function keptForHead(
  state: State,
  turn: QueueOrder,
  concurrency: Concurrency,
  head: Job,
  job: Job,
): Misfit | undefined {
  const { jobQueue } = turn
  const { jobId, spec } = head
  const { resources: wanted } = job.spec
  const kept = concurrency.keepsLastFor(jobQueue, head, job) || shareReservation(state, turn, wanted, spec.resources)
  if (!kept) return undefined
  const computeEnvironment = jobQueue.computeEnvironments[0] ?? ''
  return { kind: 'roomReserved', of: 'limits', computeEnvironment, forJobId: jobId, wanted }
}

/** The vCPUs that the queue's environments may use, at most what exists. */
function vcpusOf({ computeEnvironments, drivers }: State, jobQueue: JobQueue): number {
  const most = new Map<HostIndex, number>()
  for (const name of jobQueue.computeEnvironments) {
    const environment = computeEnvironments.get(name)
    const index = environment && drivers.get(environment.driver)?.index
    if (index && environment.state === 'ENABLED') most.set(index, (most.get(index) ?? 0) + environment.maxvCpus)
  }
  let sum = 0
  for (const [index, vcpus] of most) sum += Math.min(vcpus, index.capacity.vcpus)
  return sum
}

/** The id of an array, or of a child's array. */
function arrayIdOf(job: Job): string | undefined {
  if (job.arrayIndex !== undefined) return job.jobId.slice(0, job.jobId.lastIndexOf(':'))
  return childrenOf(job) ? job.jobId : undefined
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
