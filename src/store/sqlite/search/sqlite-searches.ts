/**
 * Searches of the SQLite store. A thread with a connection of its own answers them, and is told
 * which rows changed before each of them. If it dies it is started again by the next search, and a
 * search that was under way is tried once more.
 */
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../../ground/start-worker.ts'
import { limits } from '../../../model/limits.ts'
import {
  type CountedJobs,
  type FoundJobs,
  type JobCount,
  type JobSearch,
  type JobSearches,
  SearchTooLong,
} from '../../search/job-search.ts'
import { type Changes, StoreFailure } from '../../store.ts'
import type { FromSearchWorker, SearchAsked, SearchWorkerData, ToSearchWorker } from './search-messages.ts'

interface Waiting {
  readonly asked: SearchAsked
  readonly resolve: (answer: FoundJobs | CountedJobs) => void
  readonly reject: (error: unknown) => void
  tries: number
}

/** Changed rows that wait before they are sent, at most so many and so long. */
const changesSentAtOnce = 10_000
const changesWaitMs = 200
/** Beyond its deadline, until the thread is ended. */
const patienceMs = 2_000

export class SqliteSearches implements JobSearches {
  readonly #path: string
  /** Started by the first search: many servers are never searched. */
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #changed: number[] = []
  /** Ids of ended jobs whose tags changed. */
  #tagged: string[] = []
  #timer: NodeJS.Timeout | undefined
  #lastId = 0
  #isStopped = false

  constructor(path: string) {
    this.#path = path
  }

  find(search: JobSearch, signal?: AbortSignal): Promise<FoundJobs> {
    return this.#ask(search, signal) as Promise<FoundJobs>
  }

  count(count: JobCount, signal?: AbortSignal): Promise<CountedJobs> {
    return this.#ask(count, signal) as Promise<CountedJobs>
  }

  prepare(): void {
    if (!this.#isStopped) this.#worker ??= this.#start()
  }

  /** Called after the rows were written. */
  changed({ newJobs, jobs, finishedJobTags }: Pick<Changes, 'newJobs' | 'jobs' | 'finishedJobTags'>): void {
    if (!this.#worker) return
    for (const job of newJobs) if (job.arrayIndex === undefined) this.#changed.push(job.seq)
    for (const job of jobs) if (job.arrayIndex === undefined) this.#changed.push(job.seq)
    for (const jobId of finishedJobTags.keys()) this.#tagged.push(jobId)
    this.#plan()
  }

  /** Called after the rows were deleted. */
  deleted(seqs: readonly number[]): void {
    if (!this.#worker) return
    for (const seq of seqs) this.#changed.push(seq)
    this.#plan()
  }

  /** The search's thread is told soon, or before its next search. */
  #plan(): void {
    if (this.#changed.length >= changesSentAtOnce) this.#send({})
    else if (this.#changed.length > 0 || this.#tagged.length > 0)
      this.#timer ??= setTimeout(() => this.#send({}), changesWaitMs).unref()
  }

  /** The file was opened again: what the thread has open is of no use. */
  reopen(): void {
    this.#drop(this.#worker, new StoreFailure('The store was opened again during the search.'))
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#isStopped = true
    this.#drop(worker, new StoreFailure('The store is closed.'))
    await worker?.terminate()
  }

  async #ask(search: JobSearch | JobCount, signal: AbortSignal | undefined): Promise<FoundJobs | CountedJobs> {
    signal?.throwIfAborted()
    if (this.#isStopped) throw new StoreFailure('The store is closed.')
    const id = ++this.#lastId
    const cancelled = new Int32Array(new SharedArrayBuffer(4))
    const asked = { id, search, cancelled, deadlineMs: Date.now() + limits.searchMs }
    const overdue = setTimeout(() => this.#overdue(id), limits.searchMs + patienceMs)
    let giveUp: (() => void) | undefined
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { asked, resolve, reject, tries: 0 })
        giveUp = () => {
          Atomics.store(cancelled, 0, 1)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        this.#try(id)
      })
    } finally {
      clearTimeout(overdue)
      if (giveUp) signal?.removeEventListener('abort', giveUp)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#worker?.unref()
    }
  }

  #try(id: number): void {
    const waiting = this.#waiting.get(id)!
    waiting.tries++
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#send({ asked: waiting.asked })
  }

  #send(message: ToSearchWorker): void {
    const changed = this.#changed.length > 0 ? Float64Array.from(new Set(this.#changed)) : undefined
    const tagged = this.#tagged.length > 0 ? this.#tagged : undefined
    this.#forget()
    if (!changed && !tagged && !message.asked) return
    this.#worker?.postMessage({ ...message, changed, tagged } satisfies ToSearchWorker)
  }

  #start(): Worker {
    const { searchedJobs: most, searchedIds: idsFound } = limits
    const workerData: SearchWorkerData = { path: this.#path, most, idsFound }
    const worker = startWorker(import.meta.url, 'search-worker', workerData)
    worker.on('message', (message: FromSearchWorker) => this.#answered(message))
    let cause: unknown
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', () => {
      const why = cause instanceof Error ? `: ${cause.message}` : ''
      this.#drop(worker, new StoreFailure(`The jobs could not be searched${why}`, { cause }))
    })
    worker.unref()
    return worker
  }

  #answered(message: FromSearchWorker): void {
    const waiting = this.#waiting.get(message.id)
    if ('answer' in message) waiting?.resolve(message.answer)
    else waiting?.reject(new SearchTooLong(message.givenUp === 'early'))
  }

  #overdue(id: number): void {
    this.#waiting.get(id)?.reject(new SearchTooLong(false))
    this.#drop(this.#worker, new StoreFailure('The search was given up.'))
  }

  /** Ends this thread, unless another has replaced it. Its searches are tried once more. */
  #drop(worker: Worker | undefined, cause: StoreFailure): void {
    if (!worker || worker !== this.#worker) return
    this.#worker = undefined
    this.#forget()
    void worker.terminate()
    for (const [id, { tries, reject }] of this.#waiting)
      if (tries < 2 && !this.#isStopped) this.#try(id)
      else reject(cause)
  }

  /** What changed is no longer to be sent. */
  #forget(): void {
    this.#changed = []
    this.#tagged = []
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
