/**
 * Jobs in the order of their turns. Most join at the end. A job that waited for others, or an array
 * with startable children again, takes the place that its submission gives it. So the line is kept
 * sorted, in blocks, and joining costs the same anywhere.
 */
import type { JobSpec } from '../../model/job.ts'
import { askedBy } from './asked.ts'

interface Turn {
  readonly rank: number
  readonly seq: number
}

export interface Place extends Turn {
  readonly jobId: string
  /** The place stands for all children of an array that may start. */
  readonly isArray: boolean
  readonly asked: Asked
}

/** An equal request of some jobs in a line. */
export interface Asked {
  /** The spec of one job with this request. */
  readonly spec: JobSpec
  count: number
}

/** A block that grows beyond this is split in two. */
const blockSize = 512

export class WaitingLine implements Iterable<string> {
  readonly #places = new Map<string, Place>()
  readonly #blocks: Place[][] = []
  readonly #arrays = new Set<Place>()
  readonly #asked = new Map<string, Asked>()

  get size(): number {
    return this.#places.size
  }

  /** Joins by `rank`, then by `seq`. A job that already stands in the line stays where it is. */
  join(jobId: string, rank: number, seq: number, spec: JobSpec, isArray = false): void {
    if (this.#places.has(jobId)) return
    const place = { jobId, rank, seq, isArray, asked: this.#countAsked(spec) }
    this.#places.set(jobId, place)
    if (isArray) this.#arrays.add(place)
    const at = Math.min(this.#blockOf(place), this.#blocks.length - 1)
    const block = this.#blocks[at]
    if (!block) {
      this.#blocks.push([place])
      return
    }
    block.splice(indexIn(block, place), 0, place)
    if (block.length > blockSize) this.#blocks.splice(at + 1, 0, block.splice(blockSize / 2))
  }

  /** Returns whether the job stood in the line. */
  leave(jobId: string): boolean {
    const place = this.#places.get(jobId)
    if (!place) return false
    this.#places.delete(jobId)
    this.#arrays.delete(place)
    if (--place.asked.count === 0) this.#asked.delete(askedBy(place.asked.spec))
    const at = this.#blockOf(place)
    const block = this.#blocks[at]!
    block.splice(indexIn(block, place), 1)
    if (block.length === 0) this.#blocks.splice(at, 1)
    return true
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const block of this.#blocks) for (const { jobId } of block) yield jobId
  }

  /** In the order in which they joined. */
  places(): Iterable<Place> {
    return this.#places.values()
  }

  /** The places that stand for arrays. */
  arrays(): Iterable<Place> {
    return this.#arrays
  }

  /** All requests in this line. */
  asked(): Iterable<Asked> {
    return this.#asked.values()
  }

  first(): Place | undefined {
    return this.#blocks[0]?.[0]
  }

  *placesAfterFirst(): Generator<Place> {
    for (const [at, block] of this.#blocks.entries())
      for (let index = at === 0 ? 1 : 0; index < block.length; index++) yield block[index]!
  }

  placeOf(jobId: string): Place | undefined {
    return this.#places.get(jobId)
  }

  /** How many places come before this one, which may be of another line. */
  countBefore(place: Place): number {
    const at = this.#blockOf(place)
    let count = 0
    for (let before = 0; before < at; before++) count += this.#blocks[before]!.length
    const block = this.#blocks[at]
    return block ? count + indexIn(block, place) : count
  }

  toJSON(): string[] {
    return [...this]
  }

  #countAsked(spec: JobSpec): Asked {
    const key = askedBy(spec)
    let asked = this.#asked.get(key)
    if (!asked) {
      asked = { spec, count: 0 }
      this.#asked.set(key, asked)
    }
    asked.count++
    return asked
  }

  /** The first block whose last place is not before this one. */
  #blockOf(place: Place): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareTurns(this.#blocks[middle]!.at(-1)!, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The index of the place, or where it would be. */
function indexIn(block: readonly Place[], place: Place): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareTurns(block[middle]!, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function compareTurns(a: Turn, b: Turn): number {
  return a.rank - b.rank || a.seq - b.seq
}
