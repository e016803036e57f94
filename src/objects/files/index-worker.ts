/**
 * The thread that writes the index. It commits all changes that have arrived in one transaction,
 * so many writers share one wait for the disk. Nobody waits for changes that are not urgent: they
 * go with the next commit, or alone a moment later.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import type { ObjectFailpoint } from './failpoints.ts'
import type { FromIndexWorker, IndexWorkerData, ToIndexWorker } from './index-changes.ts'
import { IndexWriter } from './index-tables.ts'

type Commit = Exclude<ToIndexWorker, 'close'>

/** How long changes that are not urgent wait for others. */
const patienceMs = 50

class IndexWorker {
  readonly #port = parentPort!
  readonly #database: Database.Database
  readonly #writer: IndexWriter
  readonly #turn: Int32Array | undefined
  #waiting: Commit[] = []
  #timer: NodeJS.Timeout | undefined

  constructor({ path, turn }: IndexWorkerData) {
    this.#turn = turn
    this.#database = new Database(path, { timeout: 5000 })
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = FULL')
    this.#writer = new IndexWriter(this.#database)
    this.#port.on('message', (message: ToIndexWorker) => this.#receive(message))
  }

  #receive(first: ToIndexWorker): void {
    let isClosing = this.#take(first)
    for (;;) {
      const next = receiveMessageOnPort(this.#port) as { message: ToIndexWorker } | undefined
      if (!next) break
      isClosing = this.#take(next.message) || isClosing
    }
    if (isClosing || this.#waiting.some(({ isUrgent }) => isUrgent)) this.#commit()
    else this.#timer ??= setTimeout(() => this.#commit(), patienceMs)
    if (isClosing) this.#close()
  }

  #take(message: ToIndexWorker): boolean {
    if (message === 'close') return true
    this.#waiting.push(message)
    return false
  }

  #commit(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const commits = this.#waiting
    this.#waiting = []
    if (commits.length === 0) return
    const answer = (ids: readonly number[], error?: unknown) =>
      this.#port.postMessage({ ids, ...(error !== undefined && { error: String(error) }) } satisfies FromIndexWorker)
    try {
      this.#pass('index-begun')
      this.#database.transaction(() => {
        for (const { changes } of commits) for (const change of changes) this.#writer.write(change)
        this.#pass('index-written')
      })()
      this.#pass('index-committed')
      answer(commits.map(({ id }) => id))
    } catch (error) {
      answer(
        commits.map(({ id }) => id),
        error,
      )
    }
  }

  #pass(passing: ObjectFailpoint): void {
    if (!this.#turn) return
    this.#port.postMessage({ passing } satisfies FromIndexWorker)
    Atomics.wait(this.#turn, 0, 0)
    Atomics.store(this.#turn, 0, 0)
  }

  #close(): void {
    this.#database.close()
    this.#port.close()
  }
}

new IndexWorker(workerData as IndexWorkerData)
