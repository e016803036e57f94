/**
 * The order in which a queue's waiting jobs take their turns: by submission, or share by share if
 * the queue has a fair-share policy.
 */
import { nextChild } from '../../model/array-children.ts'
import type { FairsharePolicy } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { childrenOf } from '../state/children.ts'
import { shareOfLine } from '../state/lines.ts'
import { policyOf } from '../state/policy-of.ts'
import { decaySeconds, isActive, reservedFraction, scoreOf, weightOf } from '../state/shares.ts'
import type { State } from '../state/state.ts'
import type { Place, WaitingLine } from '../state/waiting-line.ts'

export interface Candidate {
  /** The job, or the array whose child would start. */
  readonly job: Job
  readonly childIndex: number | undefined
}

/**
 * The jobs of one share, or of one of its users if each user has a limit. A queue without shares
 * has one line with an empty identifier.
 */
interface Line {
  readonly shareIdentifier: string
  readonly line: WaitingLine | undefined
  /** The places behind the first, made on request. */
  rest: Iterator<Place> | undefined
  /** Whose turn it is; undefined once nobody is left. */
  first: Place | undefined
  /** The next child of an array that had its turn. */
  childIndex: number | undefined
}

export class QueueOrder {
  readonly jobQueue: JobQueue
  readonly policy: FairsharePolicy | undefined
  readonly #state: State
  readonly #now: TimeMs
  readonly #lines: Line[] = []
  readonly #scores = new Map<string, number>()
  /** vCPUs placed in this plan, by share. */
  readonly #given = new Map<string, number>()
  #current: Line | undefined
  #placedVcpus = 0
  #reservedFraction: number | undefined
  readonly #ahead: string | undefined

  /**
   * `ahead` names a job that has its turn before all others, whatever its share has used since: the
   * head that reserved room for itself.
   */
  constructor(state: State, jobQueue: JobQueue, now: TimeMs, ahead?: string) {
    this.jobQueue = jobQueue
    this.#state = state
    this.#now = now
    this.policy = policyOf(state, jobQueue)?.shape.fairsharePolicy
    for (const [key, line] of state.waiting.get(jobQueue.name)?.lines ?? []) {
      const shareIdentifier = shareOfLine(key)
      const place = ahead === undefined ? undefined : line.placeOf(ahead)
      if (place) {
        this.#ahead = ahead
        this.#current = { shareIdentifier, line: undefined, rest: undefined, first: place, childIndex: undefined }
        this.#lines.push(this.#current)
      }
      const made = { shareIdentifier, line, rest: undefined, first: line.first(), childIndex: undefined }
      if (place && made.first?.jobId === ahead) this.#next(made)
      this.#lines.push(made)
    }
  }

  /** Whose turn it is; undefined when nobody is left. */
  peek(): Candidate | undefined {
    this.#current ??= this.#lowest()
    const line = this.#current
    const job = line?.first && this.#state.jobs.get(line.first.jobId)
    if (!line || !job) return undefined
    const children = childrenOf(job)
    if (children) line.childIndex ??= nextChild(children)
    return { job, childIndex: line.childIndex }
  }

  /** The candidate was placed. */
  took(vcpus: number): void {
    const line = this.#current!
    this.#placedVcpus += vcpus
    if (this.policy) {
      this.#given.set(line.shareIdentifier, (this.#given.get(line.shareIdentifier) ?? 0) + vcpus)
      this.#scores.delete(line.shareIdentifier)
    }
    const children = line.childIndex === undefined ? undefined : childrenOf(this.#state.jobs.get(line.first!.jobId))
    line.childIndex = children && nextChild(children, line.childIndex! + 1)
    if (line.childIndex === undefined) this.#next(line)
    this.#current = undefined
  }

  /**
   * Leaves the candidate where it is. An array stays with all its children, because they request
   * the same.
   */
  skip(): void {
    this.#next(this.#current!)
    this.#current = undefined
  }

  /** Leaves the candidate and its whole line where they are. */
  skipLine(): void {
    this.#current!.first = undefined
    this.#current = undefined
  }

  /**
   * The part of the queue's vCPUs that fair share keeps free for shares that are not active now.
   */
  get reservedFraction(): number {
    if (!this.policy?.computeReservation) return 0
    if (this.#reservedFraction === undefined) {
      let active = 0
      for (const use of this.#state.shares.get(this.jobQueue.name)?.values() ?? [])
        if (isActive(use, this.#now, decaySeconds(this.policy))) active++
      this.#reservedFraction = reservedFraction(this.policy, active)
    }
    return this.#reservedFraction
  }

  get placedVcpus(): number {
    return this.#placedVcpus
  }

  /**
   * The next job of the share that used least. Among shares with the same use, the job that was
   * submitted first.
   */
  #lowest(): Line | undefined {
    let best: Line | undefined
    let bestScore = 0
    for (const line of this.#lines) {
      if (!line.first) continue
      const score = this.#scoreOf(line.shareIdentifier)
      if (best && (score > bestScore || (score === bestScore && !goesBefore(line, best)))) continue
      best = line
      bestScore = score
    }
    return best
  }

  /** The weighted vCPUs of a share, used and in use. */
  #scoreOf(shareIdentifier: string): number {
    if (!this.policy) return 0
    let score = this.#scores.get(shareIdentifier)
    if (score === undefined) {
      const use = this.#state.shares.get(this.jobQueue.name)?.get(shareIdentifier)
      const given = this.#given.get(shareIdentifier) ?? 0
      score = scoreOf(use, weightOf(this.policy, shareIdentifier), this.#now, decaySeconds(this.policy), given)
      this.#scores.set(shareIdentifier, score)
    }
    return score
  }

  #next(line: Line): void {
    line.rest ??= line.line?.placesAfterFirst()
    do line.first = line.rest?.next().value
    while (line.first && line.first.jobId === this.#ahead)
    line.childIndex = undefined
  }
}

/** Within one share schedulingPriority counts first. */
function goesBefore(a: Line, b: Line): boolean {
  const ranks = a.shareIdentifier === b.shareIdentifier ? a.first!.rank - b.first!.rank : 0
  return (ranks || a.first!.seq - b.first!.seq) < 0
}
