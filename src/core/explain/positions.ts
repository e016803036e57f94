/**
 * Counts where waiting jobs stand in their queue, or in their share of it, at one moment. What many
 * jobs share (the lines of a share, the arrays in a line, the children of an array) is counted once
 * for all questions of that moment.
 */
import { nextChild } from '../../model/array-children.ts'
import type { ArrayChildren, Job, JobSpec } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { childrenOf } from '../state/children.ts'
import { lineOf, shareOfLine } from '../state/lines.ts'
import type { State } from '../state/state.ts'
import { compareTurns, type Place, type WaitingLine } from '../state/waiting-line.ts'

/** Whether a job with this request can never start with the present capacity. */
type NeverFits = (jobQueue: JobQueue, spec: JobSpec) => boolean

export class Positions {
  readonly #state: State
  readonly #neverFits: NeverFits
  readonly #linesOf = new Map<string, WaitingLine[]>()
  readonly #uneven = new Map<WaitingLine, Uneven>()
  readonly #startable = new Map<ArrayChildren, readonly number[]>()

  constructor(state: State, neverFits: NeverFits) {
    this.#state = state
    this.#neverFits = neverFits
  }

  /**
   * Counts the jobs that would start before this job, and the job itself. An array counts for its
   * children that may start. A job that can never fit does not count.
   */
  positionOf(jobQueue: JobQueue, job: Job): number {
    const place = this.#state.waiting.get(jobQueue.name)?.lines.get(lineOf(this.#state, job))?.placeOf(job.jobId)
    let position = 1
    for (const line of place ? this.#linesOfShare(jobQueue, job.spec.shareIdentifier ?? '') : [])
      position += line.countBefore(place!) + this.#unevenOf(jobQueue, line).moreBefore(place!)
    return position
  }

  /**
   * Counts the children of the array that would start before the child with this index, when it
   * waits with them.
   */
  childrenBefore(array: Job, arrayIndex: number | undefined): number {
    const children = childrenOf(array)
    if (!children || arrayIndex === undefined) return 0
    let startable = this.#startable.get(children)
    if (!startable) {
      startable = startableOf(children)
      this.#startable.set(children, startable)
    }
    return countBelow(startable, (index) => index < arrayIndex)
  }

  /** If each user has a limit, a share has a line for each user. */
  #linesOfShare(jobQueue: JobQueue, share: string): readonly WaitingLine[] {
    const key = `${jobQueue.name} ${share}`
    let found = this.#linesOf.get(key)
    if (!found) {
      const lines = this.#state.waiting.get(jobQueue.name)?.lines ?? []
      found = [...lines].flatMap(([name, line]) => (shareOfLine(name) === share ? [line] : []))
      this.#linesOf.set(key, found)
    }
    return found
  }

  #unevenOf(jobQueue: JobQueue, line: WaitingLine): Uneven {
    let uneven = this.#uneven.get(line)
    if (!uneven) {
      const never = new Set([...line.asked()].filter(({ spec }) => this.#neverFits(jobQueue, spec)))
      const weightOf = ({ jobId, asked }: Place) =>
        never.has(asked) ? 0 : (childrenOf(this.#state.jobs.get(jobId))?.startable ?? 1)
      const places = new Set(line.arrays())
      if (never.size > 0) for (const place of line.places()) if (never.has(place.asked)) places.add(place)
      uneven = new Uneven([...places], weightOf)
      this.#uneven.set(line, uneven)
    }
    return uneven
  }
}

/** The places of a line that do not count as one. */
class Uneven {
  readonly #places: readonly Place[]
  /** What the first n of them count beyond one each. */
  readonly #more: readonly number[]

  constructor(places: Place[], weightOf: (place: Place) => number) {
    this.#places = places.sort(compareTurns)
    let sum = 0
    this.#more = [0, ...this.#places.map((place) => (sum += weightOf(place) - 1))]
  }

  moreBefore(place: Place): number {
    return this.#more[countBelow(this.#places, (it) => compareTurns(it, place) < 0)]!
  }
}

function startableOf(children: ArrayChildren): number[] {
  const startable: number[] = []
  for (let at = nextChild(children); at !== undefined; at = nextChild(children, at + 1)) startable.push(at)
  return startable
}

/** Counts the items of a sorted list that are below, when all of these stand before the others. */
function countBelow<T>(sorted: readonly T[], isBelow: (item: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBelow(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
