/**
 * The index of objects: what files cannot say of themselves. The main thread reads it by a
 * connection of its own, and sends changes to a worker, so that it never waits for the disk.
 */
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { makePrivateFile } from '../../ground/private-file.ts'
import { startWorker } from '../../ground/start-worker.ts'
import type { PassObjectFailpoint } from './failpoints.ts'
import type {
  BucketRow,
  CompletedRow,
  FromIndexWorker,
  IndexChange,
  IndexWorkerData,
  ObjectRow,
  PartRow,
  ToIndexWorker,
  UploadRow,
} from './index-changes.ts'
import { makeTables } from './index-tables.ts'
import { VersionIndex } from './version-index.ts'

export class ObjectIndex {
  readonly #database: Database.Database
  readonly #sql: ReturnType<typeof prepare>
  readonly #path: string
  readonly #pass: PassObjectFailpoint | undefined
  /** Started by the first change: many servers never keep an object. */
  #worker: Worker | undefined
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  #ended: Promise<void> | undefined
  #failure: Error | undefined
  /** Change marks that the worker has not written yet. */
  readonly #unwrittenMarks = new Map<string, string>()
  #lastId = 0
  #isClosing = false

  constructor(path: string, pass?: PassObjectFailpoint) {
    this.#path = path
    this.#pass = pass
    makePrivateFile(path)
    this.#database = new Database(path, { timeout: 5000 })
    this.#database.pragma('journal_mode = WAL')
    makeTables(this.#database)
    this.#sql = prepare(this.#database)
    this.versions = new VersionIndex(this.#database)
  }

  #start(): Worker {
    const turn = this.#pass && new Int32Array(new SharedArrayBuffer(4))
    const workerData: IndexWorkerData = { path: this.#path, turn }
    const worker = startWorker(import.meta.url, 'index-worker', workerData)
    worker.on('message', (answer: FromIndexWorker) => {
      if ('ids' in answer) return this.#answered(worker, answer)
      this.#pass?.(answer.passing)
      Atomics.store(turn!, 0, 1)
      Atomics.notify(turn!, 0)
    })
    worker.on('error', (error) => this.#fail(error as Error))
    this.#ended = new Promise((resolve) => worker.on('exit', () => resolve()))
    this.#ended.then(() => this.#fail(new Error('the index of objects is closed')))
    return worker
  }

  buckets(): BucketRow[] {
    return this.#sql.buckets.all() as BucketRow[]
  }

  object(bucketId: number, key: string, identity: string): ObjectRow | undefined {
    const row = this.#sql.object.get(bucketId, key, identity) as RawObject | undefined
    if (!row) return undefined
    const changeMark = this.#unwrittenMarks.get(markId(bucketId, key, identity)) ?? row.changeMark
    return { bucketId, key, identity, changeMark, etag: row.etag, said: JSON.parse(row.said) }
  }

  /** What is known of the versions. */
  readonly versions: VersionIndex

  /** Rows of files that were about to take their place when the server died. */
  expected(): { readonly bucketId: number; readonly key: string; readonly identity: string }[] {
    return this.#sql.expected.all() as { bucketId: number; key: string; identity: string }[]
  }

  upload(uploadId: string): UploadRow | undefined {
    const row = this.#sql.upload.get(uploadId) as { body: string } | undefined
    return row && (JSON.parse(row.body) as UploadRow)
  }

  /** In the order of their keys and ids, after one of them. */
  *uploads(bucketId: number, afterKey: string, afterUploadId: string): Generator<UploadRow> {
    let [key, id] = [afterKey, afterUploadId]
    for (;;) {
      const rows = this.#sql.uploads.all(bucketId, key, key, id) as { body: string }[]
      for (const { body } of rows) {
        const row = JSON.parse(body) as UploadRow
        key = row.upload.key
        id = row.upload.uploadId
        yield row
      }
      if (rows.length === 0) return
    }
  }

  hasUploads(bucketId: number): boolean {
    return this.#sql.anyUpload.get(bucketId) !== undefined
  }

  countUploads(): number {
    return this.#sql.countUploads.get() as number
  }

  uploadsBefore(beforeMs: number): UploadRow[] {
    return (this.#sql.uploadsBefore.all(beforeMs) as { body: string }[]).map(({ body }) => JSON.parse(body))
  }

  /** In the order of their numbers. */
  parts(uploadId: string, after: number, limit: number): PartRow[] {
    const rows = this.#sql.parts.all(uploadId, after, limit) as { file: string; offset: number; body: string }[]
    return rows.map(({ file, offset, body }) => ({ uploadId, file, offset, part: JSON.parse(body) }))
  }

  completed(uploadId: string): CompletedRow | undefined {
    return this.#sql.completed.get(uploadId) as CompletedRow | undefined
  }

  hasCompleted(): boolean {
    return this.#sql.anyCompleted.get() !== undefined
  }

  /** Resolves when the changes are on disk. */
  commit(...changes: readonly IndexChange[]): Promise<void> {
    return this.#send(changes, true)
  }

  /** Nobody waits for these changes. If they are lost, nothing but time is. */
  commitLater(...changes: readonly IndexChange[]): void {
    this.#send(changes, false).catch(() => {})
  }

  /**
   * The same for the change mark of a file that has taken its place, or that the store itself moved.
   * The mark holds at once: until it is written, the row has none, and would be trusted whatever
   * another program did to the file.
   */
  markLater(change: Extract<IndexChange, { kind: 'settleObject' | 'markMoved' }>): void {
    const { bucketId, key, identity, changeMark } = change
    const id = markId(bucketId, key, identity)
    this.#unwrittenMarks.set(id, changeMark)
    const written = () => {
      if (this.#unwrittenMarks.get(id) === changeMark) this.#unwrittenMarks.delete(id)
    }
    this.#send([change], false).then(written, written)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#worker?.ref()
    this.#worker?.postMessage('close' satisfies ToIndexWorker)
    await this.#ended
    this.#database.close()
  }

  #send(changes: readonly IndexChange[], isUrgent: boolean): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#isClosing) return Promise.reject(new Error('the index of objects is closed'))
    const id = ++this.#lastId
    const answered = new Promise<void>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#worker ??= this.#start()
    this.#worker.postMessage({ id, changes, isUrgent } satisfies ToIndexWorker)
    if (this.#waiting.size === 1) this.#worker.ref()
    return answered
  }

  #answered(worker: Worker, { ids, error }: Extract<FromIndexWorker, { ids: unknown }>): void {
    this.#pass?.('index-answered')
    for (const id of ids) {
      const one = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) one?.resolve()
      else one?.reject(new Error(`the index of objects cannot be written: ${error}`))
    }
    if (this.#waiting.size === 0 && !this.#isClosing) worker.unref()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

function markId(bucketId: number, key: string, identity: string): string {
  return `${bucketId} ${identity} ${key}`
}

interface RawObject {
  readonly changeMark: string | null
  readonly etag: string | null
  readonly said: string
}

function prepare(database: Database.Database) {
  return {
    buckets: database.prepare('SELECT id, name, owner, created_at AS createdAtMs FROM bucket ORDER BY name'),
    object: database.prepare(
      'SELECT change_mark AS changeMark, etag, said FROM object WHERE bucket = ? AND key = ? AND identity = ?',
    ),
    expected: database.prepare('SELECT bucket AS bucketId, key, identity FROM object WHERE expected = 1'),
    upload: database.prepare('SELECT body FROM upload WHERE id = ?'),
    uploads: database.prepare(
      'SELECT body FROM upload WHERE bucket = ? AND (key > ? OR (key = ? AND id > ?)) ORDER BY key, id LIMIT 1000',
    ),
    anyUpload: database.prepare('SELECT 1 FROM upload WHERE bucket = ? LIMIT 1'),
    countUploads: database.prepare('SELECT count(*) FROM upload').pluck(),
    uploadsBefore: database.prepare('SELECT body FROM upload WHERE started_at < ? ORDER BY id LIMIT 1000'),
    parts: database.prepare(
      'SELECT file, offset, body FROM part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?',
    ),
    completed: database.prepare(
      'SELECT upload AS uploadId, bucket AS bucketId, key, at AS atMs, facts FROM completed WHERE upload = ?',
    ),
    anyCompleted: database.prepare('SELECT 1 FROM completed LIMIT 1'),
  }
}
