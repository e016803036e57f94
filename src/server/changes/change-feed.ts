/**
 * Tells watchers what changed, once it is durable. Changes of a moment are gathered, so that a job
 * that moves through several states, or an array whose children end, is told of once. The last
 * changes are kept, so that a watcher who was away for a moment misses none. Nothing is gathered
 * while nobody watches.
 */
import { randomBytes } from 'node:crypto'
import type { Event } from '../../core/events.ts'
import { childrenOf } from '../../core/state/children.ts'
import type { State } from '../../core/state/state.ts'
import { subjects } from '../../core/subject.ts'
import { giveWay } from '../../ground/pace.ts'
import { childStatus } from '../../model/array-children.ts'
import { type JobStatus, parseChildId } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { Store } from '../../store/store.ts'
import type { LoopListeners } from '../loop/loop-listeners.ts'

export type Change = JobChanged | { readonly kind: 'queue' | 'environment'; readonly name: string }

export interface JobChanged {
  readonly kind: 'job'
  readonly jobId: string
  /** Set for a child of an array. */
  readonly arrayJobId?: string
  readonly jobQueue: string
  readonly owner: string
  readonly status: JobStatus
}

export interface Batch {
  /** Names the place behind these changes. It tells nothing else. */
  readonly id: string
  /** Undefined: there were too many to say. */
  readonly changes: readonly Change[] | undefined
}

export interface Watching {
  /** What came after `lastId`. Undefined: that is not known any more. */
  readonly missed: readonly Batch[] | undefined
  stop(): void
}

interface Options {
  readonly state: () => State
  readonly store: Pick<Store, 'getJobs'>
  readonly now: () => TimeMs
  /** Changes are gathered for so long. */
  readonly gatherMs?: number
  /** Changes are still gathered so long after the last watcher left. */
  readonly keptMs?: number
}

/** Jobs that are looked up before other work has its turn. */
const lookedUpAtOnce = 100

export class ChangeFeed {
  readonly #options: Options
  readonly #watchers = new Set<(batch: Batch) => void>()
  #batches: Batch[] = []
  #changesKept = 0
  #lastId = newId()
  #jobs = new Set<string>()
  #others = new Map<string, Change>()
  #isOver = false
  #isFlushing = false
  #timer: NodeJS.Timeout | undefined
  #leftAtMs = Number.NEGATIVE_INFINITY

  constructor(options: Options) {
    this.#options = options
  }

  listen(listeners: Pick<LoopListeners, 'onEvents'>): this {
    listeners.onEvents((events) => this.take(events))
    return this
  }

  /** Names the present. */
  get lastId(): string {
    return this.#lastId
  }

  get watchers(): number {
    return this.#watchers.size
  }

  /** `take` is called with what changes from now on. It must not throw. */
  watch(take: (batch: Batch) => void, lastId?: string): Watching {
    if (!this.#isGathering()) this.#forget()
    const missed = lastId === undefined ? [] : this.#since(lastId)
    this.#watchers.add(take)
    return {
      missed,
      stop: () => {
        if (this.#watchers.delete(take)) this.#leftAtMs = this.#options.now()
      },
    }
  }

  /** Called with events that are durable. */
  take(events: readonly Event[]): void {
    if (!this.#isGathering()) return
    for (const event of events) this.#note(event)
    const isNews = this.#jobs.size > 0 || this.#others.size > 0
    if (isNews && !this.#isFlushing)
      this.#timer ??= setTimeout(() => void this.#flush(), this.#options.gatherMs ?? 100).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#watchers.clear()
  }

  #since(lastId: string): readonly Batch[] | undefined {
    if (lastId === this.#lastId) return []
    const at = this.#batches.findIndex(({ id }) => id === lastId)
    return at === -1 ? undefined : this.#batches.slice(at + 1)
  }

  #isGathering(): boolean {
    const { now, keptMs = limits.changesKeptMs } = this.#options
    return this.#watchers.size > 0 || now() - this.#leftAtMs < keptMs
  }

  #forget(): void {
    this.#batches = []
    this.#changesKept = 0
    this.#lastId = newId()
  }

  #note(event: Event): void {
    const subject = subjects[event.type]
    if ('jobId' in event && (subject === 'newJob' || subject === 'job' || subject === 'jobTags')) {
      if (this.#jobs.size >= limits.changesKept) this.#isOver = true
      else this.#jobs.add(event.jobId)
      const child = parseChildId(event.jobId)
      if (child) this.#jobs.add(child.parentId)
      return
    }
    if (event.type === 'jobQueueChanged') this.#noteOther('queue', event.jobQueue.name)
    if (event.type === 'jobQueueGone') this.#noteOther('queue', event.name)
    if (event.type === 'computeEnvironmentChanged') this.#noteOther('environment', event.computeEnvironment.name)
    if (event.type === 'computeEnvironmentGone') this.#noteOther('environment', event.name)
  }

  #noteOther(kind: 'queue' | 'environment', name: string): void {
    this.#others.set(`${kind} ${name}`, { kind, name })
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    this.#isFlushing = true
    try {
      while (this.#jobs.size > 0 || this.#others.size > 0) {
        const [jobs, others, isOver] = [[...this.#jobs], [...this.#others.values()], this.#isOver]
        this.#jobs = new Set()
        this.#others = new Map()
        this.#isOver = false
        const changes: Change[] = [...others]
        for (let from = 0; !isOver && from < jobs.length; from += lookedUpAtOnce) {
          changes.push(...this.#lookUp(jobs.slice(from, from + lookedUpAtOnce)))
          await giveWay()
        }
        this.#publish(isOver ? undefined : changes)
      }
    } catch {
      // The store cannot be read now. What changed is not known.
      this.#publish(undefined)
    } finally {
      this.#isFlushing = false
    }
  }

  #lookUp(jobIds: readonly string[]): JobChanged[] {
    const { store } = this.#options
    const { jobs } = this.#options.state()
    const absent = jobIds.filter((jobId) => !jobs.has(jobId) && this.#byteOf(jobId) === undefined)
    const stored = absent.length > 0 ? store.getJobs(absent) : undefined
    return jobIds.flatMap((jobId) => {
      const child = parseChildId(jobId)
      const job = jobs.get(jobId) ?? stored?.get(jobId)
      const known = job ?? (child && jobs.get(child.parentId))
      const status = job?.state.status ?? this.#byteOf(jobId)
      if (!known || status === undefined) return []
      const { jobQueue, owner } = known.spec
      return { kind: 'job', jobId, ...(child && { arrayJobId: child.parentId }), jobQueue, owner, status }
    })
  }

  /** The status of a child of an array that lives. */
  #byteOf(jobId: string): JobStatus | undefined {
    const child = parseChildId(jobId)
    const children = child && childrenOf(this.#options.state().jobs.get(child.parentId))
    return children && child.index < children.statuses.length ? childStatus(children, child.index) : undefined
  }

  #publish(changes: readonly Change[] | undefined): void {
    const batch = { id: newId(), changes }
    this.#lastId = batch.id
    this.#batches.push(batch)
    this.#changesKept += sizeOf(batch)
    while (this.#changesKept > limits.changesKept && this.#batches.length > 1)
      this.#changesKept -= sizeOf(this.#batches.shift()!)
    for (const take of [...this.#watchers]) take(batch)
  }
}

function sizeOf({ changes }: Batch): number {
  return 1 + (changes?.length ?? 0)
}

function newId(): string {
  return randomBytes(9).toString('base64url')
}
