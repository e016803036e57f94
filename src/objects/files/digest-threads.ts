/**
 * Threads that compute the digests of contents while these arrive: an MD5 takes longer than all
 * else that is done with a large one.
 */
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../ground/start-worker.ts'
import type { ChecksumKind } from '../checksum.ts'
import type { ContentDigests } from '../content-digest.ts'

export interface DigestStep {
  /** Of the content. */
  readonly id: number
  readonly kind: ChecksumKind | undefined
  /** Shared memory. */
  readonly bytes?: Uint8Array
  /** These are the last bytes. */
  readonly isLast?: boolean
  /** Nobody wants the digests any more. */
  readonly isDropped?: true
}

export interface DigestStepDone {
  readonly id: number
  /** At the end. */
  readonly digests?: ContentDigests
}

const mostThreads = Math.max(2, Math.min(4, availableParallelism() - 1))

interface Waiting {
  readonly resolve: (done: DigestStepDone) => void
  readonly reject: (error: Error) => void
}

class DigestThread {
  readonly #worker: Worker
  /** Of each content its steps, in their order. */
  readonly #waiting = new Map<number, Waiting[]>()
  /** Contents that are being received. */
  contents = 0
  failure: Error | undefined

  constructor() {
    this.#worker = startWorker(import.meta.url, 'content-digest-worker')
    this.#worker.unref()
    this.#worker.on('message', (done: DigestStepDone) => {
      const steps = this.#waiting.get(done.id)!
      const step = steps.shift()!
      if (steps.length === 0) this.#waiting.delete(done.id)
      if (this.#waiting.size === 0) this.#worker.unref()
      step.resolve(done)
    })
    this.#worker.on('error', (error) => this.#fail(error as Error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread of digests has ended')))
  }

  step(step: DigestStep): Promise<DigestStepDone> {
    if (this.failure) return Promise.reject(this.failure)
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref()
      const steps = this.#waiting.get(step.id)
      if (steps) steps.push({ resolve, reject })
      else this.#waiting.set(step.id, [{ resolve, reject }])
      this.#worker.postMessage(step)
    })
  }

  /** Nothing is answered. */
  drop(id: number): void {
    this.#worker.postMessage({ id, kind: undefined, isDropped: true } satisfies DigestStep)
  }

  async close(): Promise<void> {
    this.#worker.ref()
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.failure ??= error
    for (const steps of this.#waiting.values()) for (const { reject } of steps) reject(this.failure)
    this.#waiting.clear()
  }
}

export class DigestThreads {
  #threads: DigestThread[] = []
  #lastId = 0

  begin(kind: ChecksumKind | undefined): ThreadDigest {
    return new ThreadDigest(this.#leastBusy(), ++this.#lastId, kind)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #leastBusy(): DigestThread {
    this.#threads = this.#threads.filter(({ failure }) => failure === undefined)
    const least = this.#threads.reduce<DigestThread | undefined>(
      (best, one) => (best && best.contents <= one.contents ? best : one),
      undefined,
    )
    if (least && (least.contents === 0 || this.#threads.length >= mostThreads)) return least
    const fresh = new DigestThread()
    this.#threads.push(fresh)
    return fresh
  }
}

/** The digests of one content. */
export class ThreadDigest {
  readonly #thread: DigestThread
  readonly #id: number
  readonly #kind: ChecksumKind | undefined
  #isOver = false

  constructor(thread: DigestThread, id: number, kind: ChecksumKind | undefined) {
    this.#thread = thread
    this.#id = id
    this.#kind = kind
    thread.contents++
  }

  /** Resolves when the bytes, which are shared memory, may change. */
  async update(bytes: Uint8Array): Promise<void> {
    await this.#thread.step({ id: this.#id, kind: this.#kind, bytes })
  }

  /** The same with the last bytes. Resolves with the digests of all. */
  async end(bytes: Uint8Array): Promise<ContentDigests> {
    this.#over()
    const { digests } = await this.#thread.step({ id: this.#id, kind: this.#kind, bytes, isLast: true })
    return digests!
  }

  /** Forgets the content, unless it has ended. */
  drop(): void {
    if (this.#isOver) return
    this.#over()
    this.#thread.drop(this.#id)
  }

  #over(): void {
    this.#isOver = true
    this.#thread.contents--
  }
}
