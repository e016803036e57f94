/** The order in which a queue's waiting jobs take their turns: by submission, or share by share where the queue has a fair-share policy. */
import { nextChild } from '../../model/array-children.ts'
import type { FairsharePolicy } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { policyOf } from '../decide/scheduling-policy.ts'
import { childrenOf, type State } from '../state.ts'
import { decaySeconds, isActive, reservedFraction, scoreOf, weightOf } from './shares.ts'

export interface Candidate {
  /** The job, or the array of which a child would start. */
  readonly job: Job
  readonly childIndex: number | undefined
}

/** One share's line; the only one of a queue without shares has an empty identifier. */
interface Line {
  readonly shareIdentifier: string
  readonly jobs: Iterator<string>
  /** The job whose turn it is. */
  job: Job | undefined
  /** Its next child, of an array. */
  childIndex: number | undefined
}

export class Turn {
  readonly jobQueue: JobQueue
  readonly policy: FairsharePolicy | undefined
  readonly #state: State
  readonly #now: TimeMs
  readonly #lines: Line[]
  /** vCPUs placed in this plan, by share. */
  readonly #given = new Map<string, number>()
  #current: Line | undefined

  constructor(state: State, jobQueue: JobQueue, now: TimeMs) {
    this.jobQueue = jobQueue
    this.#state = state
    this.#now = now
    this.policy = policyOf(state, jobQueue)?.shape.fairsharePolicy
    this.#lines = [...(state.waiting.get(jobQueue.name)?.lines ?? [])].map(([shareIdentifier, line]) => {
      const made: Line = { shareIdentifier, jobs: line[Symbol.iterator](), job: undefined, childIndex: undefined }
      this.#nextJob(made)
      return made
    })
  }

  /** Whose turn it is; undefined when nobody is left. */
  peek(): Candidate | undefined {
    this.#current ??= this.#lowestShare()
    const line = this.#current
    return line?.job && { job: line.job, childIndex: line.childIndex }
  }

  /** The candidate was placed. */
  took(vcpus: number): void {
    const line = this.#current!
    this.#given.set(line.shareIdentifier, (this.#given.get(line.shareIdentifier) ?? 0) + vcpus)
    const children = childrenOf(line.job)
    line.childIndex = children && nextChild(children, line.childIndex! + 1)
    if (line.childIndex === undefined) this.#nextJob(line)
    this.#current = undefined
  }

  /** The candidate is left where it is, an array with all its children: they ask for the same. */
  skip(): void {
    this.#nextJob(this.#current!)
    this.#current = undefined
  }

  /** What fair share keeps free of so many vCPUs, for shares that are not active now. */
  reserved(vcpus: number): number {
    if (!this.policy) return 0
    const uses = this.#state.shares.get(this.jobQueue.name)
    let active = 0
    for (const use of uses?.values() ?? []) if (isActive(use, this.#now, decaySeconds(this.policy))) active++
    return vcpus * reservedFraction(this.policy, active)
  }

  get placedVcpus(): number {
    let sum = 0
    for (const vcpus of this.#given.values()) sum += vcpus
    return sum
  }

  #lowestShare(): Line | undefined {
    let best: Line | undefined
    let bestScore = Number.POSITIVE_INFINITY
    for (const line of this.#lines) {
      if (!line.job) continue
      if (!this.policy) return line
      const score = this.scoreOf(line.shareIdentifier)
      // Of shares that used the same, the job that was submitted first.
      if (score < bestScore || (score === bestScore && best && line.job.seq < best.job!.seq)) {
        best = line
        bestScore = score
      }
    }
    return best
  }

  /** The weighted vCPUs of a share, used and in use. */
  scoreOf(shareIdentifier: string): number {
    const policy = this.policy!
    const use = this.#state.shares.get(this.jobQueue.name)?.get(shareIdentifier)
    const given = this.#given.get(shareIdentifier) ?? 0
    return scoreOf(use, weightOf(policy, shareIdentifier), this.#now, decaySeconds(policy), given)
  }

  #nextJob(line: Line): void {
    const { value, done } = line.jobs.next()
    line.job = done ? undefined : this.#state.jobs.get(value)
    const children = childrenOf(line.job)
    line.childIndex = children && nextChild(children)
  }
}
