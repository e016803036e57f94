/** The buckets of the store: directories that it made, and others that it serves. */
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bucketExists, bucketNotEmpty, bucketReadOnly, noSuchBucket, versionsLeft } from '../known-refusals.ts'
import type { ObjectRefusal } from '../object-refusal.ts'
import { hiddenName, refusalOfBucketName } from '../object-rules.ts'
import type { Bucket } from '../object-store.ts'
import { compareUtf8 } from '../utf8-order.ts'
import { codeOf, makeDirectory, namesIn, removeDirectory, syncDirectoryAt } from './descriptors.ts'
import type { Directories } from './directories.ts'
import { FileBucket } from './file-bucket.ts'
import { hasObjects } from './list-page.ts'
import { recoverBucket, recoverExpected } from './recovery.ts'
import { removeEmptyDirectories } from './remove-empty-directories.ts'
import type { SettingsFiles } from './settings-files.ts'
import type { StoreParts } from './store-parts.ts'

/** A directory of the operator's that is a bucket. */
export interface ServedDirectory {
  readonly name: string
  readonly directory: string
  readonly owner: string
  readonly readOnly: boolean
}

export class FileBuckets {
  readonly #root: string
  readonly #parts: StoreParts
  readonly #directories: Directories
  readonly #settings: SettingsFiles
  readonly #byName = new Map<string, FileBucket>()
  readonly #byId = new Map<number, FileBucket>()
  readonly #served = new Set<string>()
  /** Names of buckets that are being made. */
  readonly #making = new Set<string>()
  #lastId = 0

  constructor(root: string, parts: StoreParts, directories: Directories, settings: SettingsFiles) {
    this.#root = root
    this.#parts = parts
    this.#directories = directories
    this.#settings = settings
  }

  /** Opens all buckets, and ends what a dead server left half done in them. */
  async open(served: readonly ServedDirectory[]): Promise<void> {
    mkdirSync(this.#root, { recursive: true, mode: 0o700 })
    for (const { id } of this.#parts.index.buckets()) this.#lastId = Math.max(this.#lastId, id)
    for (const one of served) {
      this.#served.add(one.name)
      await this.#adopt(one.name, one.directory, one)
    }
    for (const entry of readdirSync(this.#root, { withFileTypes: true }))
      if (entry.isDirectory() && !this.#served.has(entry.name) && !refusalOfBucketName(entry.name))
        await this.#adopt(entry.name, join(this.#root, entry.name), undefined)
    await recoverExpected(this.#byId, this.#parts.index)
  }

  /** Makes a bucket of a directory that is there. */
  async #adopt(name: string, directory: string, served: ServedDirectory | undefined): Promise<FileBucket> {
    const rows = new Map(this.#parts.index.buckets().map((row) => [row.name, row]))
    let row = rows.get(name)
    if (!row) {
      const createdAtMs = Math.floor(statSync(directory).birthtimeMs)
      row = { id: ++this.#lastId, name, owner: served?.owner ?? '', createdAtMs }
      await this.#parts.index.commit({ kind: 'addBucket', row })
    }
    const { id, createdAtMs } = row
    const bucket = { name, createdAtMs, owner: served?.owner ?? row.owner, readOnly: served?.readOnly ?? false }
    const opened = new FileBucket({ id, bucket, directory }, this.#parts)
    // Before anybody uses it.
    if (!bucket.readOnly) await recoverBucket(opened, this.#parts.index)
    this.#add(opened)
    return opened
  }

  #add(bucket: FileBucket): void {
    this.#byName.set(bucket.bucket.name, bucket)
    this.#byId.set(bucket.id, bucket)
  }

  all(): readonly Bucket[] {
    return [...this.#byName.values()].map(({ bucket }) => bucket).sort((a, b) => compareUtf8(a.name, b.name))
  }

  get(name: string): FileBucket | undefined {
    return this.#byName.get(name)
  }

  /** The directory of the operator's that is a bucket; empty for a bucket that was made. */
  servedFrom(name: string): string | undefined {
    const bucket = this.#byName.get(name)
    return bucket && (this.#served.has(name) ? bucket.tree.root : '')
  }

  directories(): readonly string[] {
    return [this.#root, ...[...this.#served].flatMap((name) => this.#byName.get(name)?.tree.root ?? [])]
  }

  withId(id: number): FileBucket | undefined {
    return this.#byId.get(id)
  }

  create(name: string, owner: string): Promise<Bucket | ObjectRefusal> {
    return this.#makeOnce(name, owner, () => this.#create(name, owner))
  }

  /** Makes a bucket of a directory while others are in use. */
  serve(one: ServedDirectory): Promise<ObjectRefusal | undefined> {
    return this.#makeOnce(one.name, one.owner, async () => {
      this.#served.add(one.name)
      try {
        const { id } = await this.#adopt(one.name, one.directory, one)
        await recoverExpected(new Map([[id, this.#byId.get(id)!]]), this.#parts.index)
      } catch (error) {
        this.#served.delete(one.name)
        this.#forget(one.name)
        throw error
      }
      return undefined
    })
  }

  /** What is known of its objects stays, for when it is served again. */
  stopServing(name: string): ObjectRefusal | undefined {
    if (!this.#served.delete(name)) return noSuchBucket(name)
    const bucket = this.#forget(name)
    // A call may take long, and nobody needs to wait for it.
    bucket?.close().catch(() => {})
    return undefined
  }

  async #makeOnce<T>(name: string, owner: string, make: () => Promise<T>): Promise<T | ObjectRefusal> {
    const refusal = refusalOfBucketName(name)
    if (refusal) return refusal
    const existing = this.get(name)?.bucket
    if (existing || this.#making.has(name)) return bucketExists(existing?.owner === owner, name)
    this.#making.add(name)
    try {
      return await make()
    } finally {
      this.#making.delete(name)
    }
  }

  #forget(name: string): FileBucket | undefined {
    const bucket = this.#byName.get(name)
    this.#byName.delete(name)
    if (bucket) this.#byId.delete(bucket.id)
    return bucket
  }

  async #create(name: string, owner: string): Promise<Bucket | ObjectRefusal> {
    // Those of a bucket that a dead server was removing.
    await this.#settings.remove(name)
    const directory = join(this.#root, name)
    try {
      await makeDirectory(directory, 0o777)
    } catch (error) {
      // Somebody else is making it, or put a directory here since the start.
      if (codeOf(error) === 'EEXIST') return bucketExists(false, name)
      throw error
    }
    const id = ++this.#lastId
    const createdAtMs = this.#parts.now()
    // A row of a directory that somebody removed.
    const gone = this.#parts.index.buckets().find((row) => row.name === name)
    const opened = new FileBucket({ id, bucket: { name, owner, createdAtMs, readOnly: false }, directory }, this.#parts)
    await Promise.all([
      syncDirectoryAt(this.#root),
      this.#parts.index.commit(...(gone ? [{ kind: 'removeBucket', bucketId: gone.id } as const] : []), {
        kind: 'addBucket',
        row: { id, name, owner, createdAtMs },
      }),
    ])
    this.#add(opened)
    return opened.bucket
  }

  async remove(name: string): Promise<ObjectRefusal | undefined> {
    const bucket = this.get(name)
    if (!bucket) return noSuchBucket(name)
    if (this.#served.has(name)) return bucketReadOnly(name)
    if (bucket.isClosing) return bucketNotEmpty(name)
    bucket.isClosing = true
    try {
      const isInUse =
        this.#parts.index.hasUploads(bucket.id) ||
        (await hasObjects(bucket.tree, this.#directories)) ||
        (await bucket.tree.newNames()).length > 0
      if (await bucket.versions.areAny()) return versionsLeft(name)
      if (isInUse || !(await this.#removeDirectory(bucket))) return bucketNotEmpty(name)
    } finally {
      bucket.isClosing = false
    }
    this.#forget(name)
    await bucket.close()
    await this.#settings.remove(name)
    await this.#parts.index.commit({ kind: 'removeBucket', bucketId: bucket.id })
    return undefined
  }

  /** Whether it is gone: other programs may have put into it what is no object. */
  async #removeDirectory({ tree, versions }: FileBucket): Promise<boolean> {
    await removeEmptyDirectories(tree.root, hiddenName)
    if ((await namesIn(tree.root)).some((name) => name !== hiddenName)) return false
    const kept = versions.files.tree?.root
    if (kept !== undefined && !(await isRemoved(kept))) return false
    await removeEmptyDirectories(join(tree.root, hiddenName))
    await removeDirectory(join(tree.root, hiddenName))
    await removeDirectory(tree.root)
    await syncDirectoryAt(this.#root)
    return true
  }

  async close(): Promise<void> {
    for (const { tree } of this.#byName.values()) await tree.close()
  }
}

/** False for a directory in which other programs have put something. */
async function isRemoved(path: string): Promise<boolean> {
  await removeEmptyDirectories(path)
  return removeDirectory(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false
      throw error
    },
  )
}
