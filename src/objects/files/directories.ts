/** Directories as listings read them: by a thread of their own, and kept while they do not change. */
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../ground/start-worker.ts'
import { isHidden } from '../object-rules.ts'
import type { BucketTree } from './bucket-tree.ts'
import { closeFd, type FileStat, statFd } from './descriptors.ts'
import { DirectoryNames, type PackedNames } from './directory-names.ts'

/** Something that a listing may show. */
export interface Place {
  /** Below the bucket. */
  readonly path: string
  readonly isDirectory: boolean
}

/** The state of an object's file, or whether there is an object below a directory. */
export type Looked = Pick<FileStat, 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'> | boolean | undefined

export type DirectoryQuestion =
  | { readonly kind: 'names'; readonly fd: number; readonly isRoot: boolean }
  | { readonly kind: 'look'; readonly root: string; readonly places: readonly Place[] }

export type DirectoryAnswer =
  | { readonly id: number; readonly kind: 'names'; readonly names: PackedNames; readonly isFlat: boolean }
  | { readonly id: number; readonly kind: 'looked'; readonly looked: readonly Looked[] }
  | { readonly id: number; readonly kind: 'failed'; readonly error: Error }

interface Kept {
  readonly mark: string
  readonly names: DirectoryNames
}

/** Bytes of directories that are kept in all. */
const mostKeptBytes = 32 * 1024 * 1024
/** The clock of a file system goes in steps: two changes within one leave one time of change. */
const clockStepMs = 50

export class Directories {
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()
  #keptBytes = 0
  readonly #waiting = new Map<number, { resolve: (answer: DirectoryAnswer) => void; reject: (error: Error) => void }>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Undefined if there is no such directory. */
  async names(tree: BucketTree, path: string): Promise<DirectoryNames | undefined> {
    const fd = isHidden(path) ? undefined : await tree.openDirectory(path)
    if (fd === undefined) return undefined
    try {
      const { ino, mtimeNs } = await statFd(fd)
      const mark = `${ino} ${mtimeNs}`
      const whole = `${tree.root}/${path}`
      const kept = this.#kept.get(whole)
      if (kept?.mark === mark) {
        // The last one used is the last one forgotten.
        this.#kept.delete(whole)
        this.#kept.set(whole, kept)
        return kept.names
      }
      const isAtRest = Number(mtimeNs / 1_000_000n) < this.#now() - clockStepMs
      const answer = await this.#ask({ kind: 'names', fd, isRoot: path === '' })
      if (answer.kind !== 'names') throw new Error('the thread of directories answered another question')
      const names = new DirectoryNames(answer.names)
      this.#forget(whole)
      if (isAtRest && answer.isFlat) this.#keep(whole, { mark, names })
      return names
    } finally {
      await closeFd(fd)
    }
  }

  async look(tree: BucketTree, places: readonly Place[]): Promise<readonly Looked[]> {
    const answer = await this.#ask({ kind: 'look', root: tree.root, places })
    if (answer.kind !== 'looked') throw new Error('the thread of directories answered another question')
    return answer.looked
  }

  async close(): Promise<void> {
    this.#worker?.ref()
    await this.#worker?.terminate()
  }

  #keep(whole: string, kept: Kept): void {
    this.#kept.set(whole, kept)
    this.#keptBytes += sizeOf(whole, kept)
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= mostKeptBytes) return
      this.#forget(oldest)
    }
  }

  #forget(whole: string): void {
    const kept = this.#kept.get(whole)
    if (!kept) return
    this.#kept.delete(whole)
    this.#keptBytes -= sizeOf(whole, kept)
  }

  #ask(question: DirectoryQuestion): Promise<DirectoryAnswer> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      if (this.#waiting.size === 1) worker.ref()
      worker.postMessage({ id, ...question })
    })
  }

  #start(): Worker {
    const worker = startWorker(import.meta.url, 'directory-worker')
    worker.unref()
    worker.on('message', (answer: DirectoryAnswer) => {
      const one = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (this.#waiting.size === 0) worker.unref()
      if (answer.kind === 'failed') one?.reject(answer.error)
      else one?.resolve(answer)
    })
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
      this.#worker = undefined
    }
    worker.on('error', (error) => fail(error as Error))
    worker.on('exit', () => fail(new Error('the thread of directories has ended')))
    return worker
  }
}

/** With what the map itself takes. */
function sizeOf(whole: string, { names }: Kept): number {
  return names.sizeBytes + whole.length * 2 + 400
}
