/**
 * What searches look at of each job, column by column: a million jobs take some hundred megabytes,
 * and looking through one column of them takes a few milliseconds. In the order of `at`.
 */
import type { JobFacts } from '../../search/job-search.ts'
import { Dictionary } from './dictionary.ts'
import { TagValues } from './tag-values.ts'
import { textPace } from './text-pace.ts'

/** The status of a job that is no longer there. */
const gone = 255
/** Tags whose values are kept. */
const tagsKept = 8
export const noExitCode = -0x8000_0000

export class JobColumns {
  length = 0
  #gone = 0
  at = new Float64Array(64)
  createdAtMs = new Float64Array(64)
  /** NaN: not yet, or never. */
  startedAtMs = new Float64Array(64)
  stoppedAtMs = new Float64Array(64)
  exitCode = new Int32Array(64)
  status = new Uint8Array(64)
  queue = new Uint32Array(64)
  owner = new Uint32Array(64)
  definition = new Uint32Array(64)
  name = new Uint32Array(64)
  tags = new Uint32Array(64)
  readonly queues = new Dictionary()
  readonly owners = new Dictionary()
  readonly definitions = new Dictionary()
  readonly names = new Dictionary()
  readonly tagTexts = new Dictionary()
  /** By key, the one that was asked for last at the end. */
  readonly #tagValues = new Map<string, TagValues>()

  /** How many jobs there are. */
  get size(): number {
    return this.length - this.#gone
  }

  /** Whether so many rows are gone that the rest should be copied. */
  get isSparse(): boolean {
    return this.#gone > 1000 && this.#gone > this.length / 4
  }

  put(facts: JobFacts): void {
    this.#write(this.#rowFor(facts.at), facts)
  }

  remove(at: number): void {
    const row = this.#find(at)
    if (row < this.length && this.at[row] === at) this.#drop(row)
  }

  /** Drops the first jobs, until no more than `most` are left. Returns how many were dropped. */
  dropOldest(most: number): number {
    let dropped = 0
    for (let row = 0; this.size > most; row++)
      if (this.status[row] !== gone) {
        this.#drop(row)
        dropped++
      }
    return dropped
  }

  /** `check` is called between pieces of work. What was found is kept if it throws. */
  tagValues(key: string, check: () => void): TagValues {
    const values = this.#tagValues.get(key) ?? new TagValues(key)
    this.#tagValues.delete(key)
    this.#tagValues.set(key, values)
    for (const other of this.#tagValues.keys()) if (this.#tagValues.size > tagsKept) this.#tagValues.delete(other)
    values.update(this.tagTexts, textPace(check, key.length))
    return values
  }

  /**
   * Copies the next rows behind this place, without what is gone. Returns the place of the last one
   * looked at; undefined after the last row.
   */
  copyInto(copy: JobColumns, after: number, rows: number): number | undefined {
    let row = this.#find(after)
    if (row < this.length && this.at[row] === after) row++
    const end = Math.min(this.length, row + rows)
    for (; row < end; row++) if (this.status[row] !== gone) copy.put(this.#read(row))
    return end < this.length ? this.at[end - 1]! : undefined
  }

  #drop(row: number): void {
    if (this.status[row] === gone) return
    this.status[row] = gone
    this.#gone++
  }

  /** The row of this place; a new one if there is none. */
  #rowFor(at: number): number {
    const row = this.#find(at)
    if (row < this.length && this.at[row] === at) {
      if (this.status[row] === gone) this.#gone--
      return row
    }
    if (this.length === this.at.length) this.#grow()
    // Jobs come in order but for a few.
    if (row < this.length) for (const column of this.#columns()) column.copyWithin(row + 1, row, this.length)
    this.length++
    return row
  }

  /** The first row that is not before this place. */
  #find(at: number): number {
    if (this.length === 0 || this.at[this.length - 1]! < at) return this.length
    let [low, high] = [0, this.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.at[middle]! < at) low = middle + 1
      else high = middle
    }
    return low
  }

  #write(row: number, facts: JobFacts): void {
    this.at[row] = facts.at
    this.createdAtMs[row] = facts.createdAtMs
    this.startedAtMs[row] = facts.startedAtMs ?? Number.NaN
    this.stoppedAtMs[row] = facts.stoppedAtMs ?? Number.NaN
    this.exitCode[row] = facts.exitCode ?? noExitCode
    this.status[row] = facts.status
    this.queue[row] = this.queues.idOf(facts.queue)
    this.owner[row] = this.owners.idOf(facts.owner)
    this.definition[row] = this.definitions.idOf(facts.definition)
    this.name[row] = this.names.idOf(facts.name)
    this.tags[row] = this.tagTexts.idOf(facts.tags)
  }

  #read(row: number): JobFacts {
    const time = (value: number) => (Number.isNaN(value) ? undefined : value)
    const exitCode = this.exitCode[row]!
    return {
      at: this.at[row]!,
      createdAtMs: this.createdAtMs[row]!,
      startedAtMs: time(this.startedAtMs[row]!),
      stoppedAtMs: time(this.stoppedAtMs[row]!),
      exitCode: exitCode === noExitCode ? undefined : exitCode,
      status: this.status[row]!,
      queue: this.queues.texts[this.queue[row]!]!,
      owner: this.owners.texts[this.owner[row]!]!,
      definition: this.definitions.texts[this.definition[row]!]!,
      name: this.names.texts[this.name[row]!]!,
      tags: this.tagTexts.texts[this.tags[row]!]!,
    }
  }

  #columns() {
    const { at, createdAtMs, startedAtMs, stoppedAtMs, exitCode, status, queue, owner, definition, name, tags } = this
    return [at, createdAtMs, startedAtMs, stoppedAtMs, exitCode, status, queue, owner, definition, name, tags]
  }

  #grow(): void {
    const size = Math.ceil(this.at.length * 1.5)
    this.at = grown(this.at, new Float64Array(size))
    this.createdAtMs = grown(this.createdAtMs, new Float64Array(size))
    this.startedAtMs = grown(this.startedAtMs, new Float64Array(size))
    this.stoppedAtMs = grown(this.stoppedAtMs, new Float64Array(size))
    this.exitCode = grown(this.exitCode, new Int32Array(size))
    this.status = grown(this.status, new Uint8Array(size))
    this.queue = grown(this.queue, new Uint32Array(size))
    this.owner = grown(this.owner, new Uint32Array(size))
    this.definition = grown(this.definition, new Uint32Array(size))
    this.name = grown(this.name, new Uint32Array(size))
    this.tags = grown(this.tags, new Uint32Array(size))
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
