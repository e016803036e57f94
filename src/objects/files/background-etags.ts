/**
 * Computes the entity tags of files that other programs wrote, one file after the other and at a
 * bounded rate.
 */
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../ground/start-worker.ts'
import { delay } from '../../ground/timers.ts'
import { isObjectRefusal } from '../object-refusal.ts'
import { closeFd, type FileStat, statFd } from './descriptors.ts'
import type { FileBucket, OpenedObject } from './file-bucket.ts'
import { changeMark, identityOf } from './file-identity.ts'
import type { ObjectRow } from './index-changes.ts'
import { saidByAttribute } from './object-attributes.ts'
import type { ObjectIndex } from './object-index.ts'

export interface DigestQuestion {
  readonly fd: number
  /** Of an object that was uploaded in parts. */
  readonly partSizes: readonly number[]
}

export type DigestAnswer = { readonly etag: string } | { readonly error: string }

export interface BackgroundEtagsOptions {
  readonly index: ObjectIndex
  readonly bucket: (id: number) => FileBucket | undefined
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void }
  readonly bytesPerSecond: number
  /** A file is read once nobody has changed it for so long. */
  readonly restMs: number
}

interface Waiting {
  readonly bucketId: number
  readonly key: string
  /** Undefined for the current version. */
  readonly versionId: string | undefined
  /** Somebody was writing the file. It is looked at again after this time. */
  readonly notBeforeMs: number
}

/** Files that wait. Others are asked for again when somebody looks at them. */
const mostWaiting = 10_000
/** How long the thread sleeps while all files that wait are being written. */
const mostRestMs = 250

export class BackgroundEtags {
  readonly #options: BackgroundEtagsOptions
  readonly #waiting = new Map<string, Waiting>()
  readonly #stopping = new AbortController()
  #worker: Worker | undefined
  /** One question at a time. */
  #asked: { resolve: (etag: string) => void; reject: (error: unknown) => void } | undefined
  #running: Promise<void> | undefined

  constructor(options: BackgroundEtagsOptions) {
    this.#options = options
  }

  add(bucketId: number, key: string, versionId?: string): void {
    if (this.#stopping.signal.aborted || this.#waiting.size >= mostWaiting) return
    const id = `${bucketId}/${versionId ?? ''}/${key}`
    if (!this.#waiting.has(id)) this.#waiting.set(id, { bucketId, key, versionId, notBeforeMs: 0 })
    this.#running ??= this.#run()
  }

  /** Resolves when no file waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    // A large file is not waited for.
    this.#worker?.ref()
    await this.#worker?.terminate()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log } = this.#options
    // The caller notes first that it runs.
    await Promise.resolve()
    for (let tooEarly = 0; ; ) {
      const [next] = this.#waiting
      if (!next || this.#stopping.signal.aborted) {
        this.#running = undefined
        return
      }
      const [id, file] = next
      this.#waiting.delete(id)
      if (file.notBeforeMs > Date.now()) {
        this.#waiting.set(id, file)
        if (++tooEarly < this.#waiting.size) continue
        await delay(Math.min(this.#options.restMs, mostRestMs), this.#stopping.signal, { isIdle: true }).catch(() => {})
      } else
        await this.#read(id, file).catch((err) => {
          if (!this.#stopping.signal.aborted) log.warn({ err }, 'the entity tag of a file cannot be computed')
        })
      tooEarly = 0
    }
  }

  async #read(id: string, file: Waiting): Promise<void> {
    const restMs = await this.#readOne(file)
    if (restMs !== undefined) this.#waiting.set(id, { ...file, notBeforeMs: Date.now() + restMs })
  }

  /** Resolves with the time to wait if the file has changed a moment ago, or while it was read. */
  async #readOne({ bucketId, key, versionId }: Waiting): Promise<number | undefined> {
    const bucket = this.#options.bucket(bucketId)
    // Without asking for its tag again: a tag that cannot be kept would be computed for ever.
    const opened = await bucket?.openAsKnown(key, versionId)
    if (!bucket || !opened || isObjectRefusal(opened)) return undefined
    try {
      if (!opened.known.mustBeRead) return undefined
      // A change within one step of the file system's clock leaves no mark.
      // One that lies far ahead, by a clock that was wrong, is no change of this moment.
      const restMs = this.#options.restMs - Math.abs(Date.now() - Number(opened.stat.ctimeNs / 1_000_000n))
      if (restMs > 0) return restMs
      return (await this.#note(bucket, key, opened)) === 'changed' ? this.#options.restMs : undefined
    } finally {
      await closeFd(opened.fd)
    }
  }

  async #note(bucket: FileBucket, key: string, { fd, stat, row: known }: OpenedObject): Promise<'noted' | 'changed'> {
    const path = bucket.pathOf(key)
    if (isObjectRefusal(path)) return 'noted'
    const partSizes = known?.said.parts?.map(({ size }) => size) ?? []
    const etag = await this.#etagOf({ fd, partSizes })
    if (!isSame(stat, await statFd(fd))) return 'changed'
    await bucket.tree.locks.run(path, async () => {
      const now = bucket.row(key, stat) ?? (known?.changeMark === saidByAttribute ? known : undefined)
      await this.#options.index.commit({ kind: 'noteObject', row: rowOf(bucket, key, stat, now, etag) })
    })
    return 'noted'
  }

  #etagOf(question: DigestQuestion): Promise<string> {
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(question)
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject }
    })
  }

  #start(): Worker {
    const { bytesPerSecond } = this.#options
    const worker = startWorker(import.meta.url, 'digest-worker', { bytesPerSecond })
    worker.on('message', (answer: DigestAnswer) => {
      worker.unref()
      if ('etag' in answer) this.#asked?.resolve(answer.etag)
      else this.#asked?.reject(new Error(answer.error))
    })
    const fail = (error: unknown) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#asked?.reject(error)
    }
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the thread of entity tags has ended')))
    return worker
  }
}

function isSame(before: FileStat, after: FileStat): boolean {
  return identityOf(before) === identityOf(after) && changeMark(before) === changeMark(after)
}

/** What was said of an object stays if its content is what it was. */
function rowOf(bucket: FileBucket, key: string, stat: FileStat, known: ObjectRow | undefined, etag: string): ObjectRow {
  const isKnown = known && (known.etag === null || known.etag === etag)
  const said = isKnown ? known.said : { headers: {}, metadata: {}, tags: {} }
  // The content is another one, so its parts are none.
  const own = isKnown || !etag.includes('-') ? etag : null
  return { bucketId: bucket.id, key, identity: identityOf(stat), changeMark: changeMark(stat), etag: own, said }
}
