/**
 * Finds and keeps the versions of a bucket's objects. Call everything that changes them under the
 * lock of the key's path.
 *
 * The current version is the file at the key's path. A version that was written with versioning has
 * a second name in the directory of versions. A current file without one is the null version,
 * whoever put it there.
 */

import type { TimeMs } from '../../model/time.ts'
import { noncurrentSince } from '../key-versions.ts'
import { deletedKey, markerHasNoContent, noSuchKey, noSuchVersion } from '../known-refusals.ts'
import { type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import type { Bucket, ObjectName } from '../object-store.ts'
import { isNull, type KeptVersion, markOf, newTail, nullVersion, timeOf, versionIdOf } from '../version-id.ts'
import type { BucketTree, OpenFile, Place } from './bucket-tree.ts'
import { type FileStat, inDirectory } from './descriptors.ts'
import { changeMark, identityOf } from './file-identity.ts'
import type { ObjectRow, VersionRow } from './index-changes.ts'
import { isTouched } from './object-facts.ts'
import type { StoreParts } from './store-parts.ts'
import { pathOfVersion } from './version-path.ts'
import { VersionTree } from './version-tree.ts'

type CurrentFile = Pick<FileStat, 'ino' | 'size' | 'mtimeNs'> & { readonly nlink?: bigint }

/** The bucket whose versions they are. */
interface OwnBucket {
  readonly id: number
  readonly bucket: Bucket
  readonly tree: BucketTree
  name(key: string): ObjectName
  row(key: string, stat: Pick<FileStat, 'ino' | 'size' | 'mtimeNs'>): ObjectRow | undefined
}

/** A file that is about to take the place of an object. */
interface WrittenFile {
  readonly path: string
  readonly row: ObjectRow
}

/** A version whose file is there. */
export interface FoundVersion {
  readonly row: VersionRow
  readonly stat: FileStat
}

/** What a write does to the versions of its key. */
export interface WrittenVersion {
  readonly versionId: string
  /** The name that the file was given. */
  readonly added: VersionRow | undefined
  /** The version that was current before. */
  readonly before: FoundVersion | undefined
  /** Names that the same file had before. */
  readonly again: VersionRow | undefined
}

/** How many versions are looked at together. */
const atOnce = 32

export class BucketVersions {
  readonly #bucket: OwnBucket
  readonly #parts: StoreParts
  readonly files: VersionTree

  constructor(bucket: OwnBucket, parts: StoreParts) {
    this.#bucket = bucket
    this.#parts = parts
    this.files = new VersionTree(bucket.tree, bucket.id, parts.index)
  }

  get #index() {
    return this.#parts.index.versions
  }

  /** Undefined in a bucket that never had versioning. */
  get state(): 'Enabled' | 'Suspended' | undefined {
    return this.#parts.settings(this.#bucket.bucket.name).versioning
  }

  /** The name of a current file among the versions. Undefined for one that is the null version. */
  row(key: string, current: CurrentFile): VersionRow | undefined {
    // A file with one name has none there.
    if (current.nlink === 1n || !this.files.tree) return undefined
    return this.#index.sameFile(this.#bucket.id, key, identityOf(current))
  }

  idOf(key: string, current: CurrentFile): string {
    const row = this.row(key, current)
    return row ? versionIdOf(row) : nullVersion
  }

  /** A version by its id, which is well formed. The null version may be one that is not kept. */
  async find(key: string, versionId: string): Promise<FoundVersion | undefined> {
    for (const row of this.#rowsOf(key, versionId)) {
      const stat = await this.files.stat(key, row)
      if (stat) return { row, stat }
    }
    return undefined
  }

  /** The file of a version, or of the current one. Call it under the lock of the key's path. */
  async statIn(
    key: string,
    place: Place | undefined,
    versionId: string | undefined,
  ): Promise<{ readonly stat: FileStat; readonly versionId: string } | ObjectRefusal> {
    const currentId = place && this.idOf(key, place.stat!)
    if (currentId !== undefined && (versionId ?? currentId) === currentId)
      return { stat: place!.stat!, versionId: currentId }
    if (versionId === undefined) return this.missing(key)
    const of = { ...this.#bucket.name(key), versionId }
    const found = await this.find(key, versionId)
    if (!found) return noSuchVersion(of)
    return found.row.isDeleteMarker ? markerHasNoContent(of, shown(found.row)) : { stat: found.stat, versionId }
  }

  /** A version is the first of these whose file is there: a dead server may have noted one that it never kept. */
  #rowsOf(key: string, versionId: string): VersionRow[] {
    if (versionId === nullVersion) return this.#index.nulls(this.#bucket.id, key)
    const mark = markOf(versionId)
    const row = mark && this.#index.at(this.#bucket.id, key, mark.order)
    return row && row.tail === mark.tail ? [row] : []
  }

  /** Opens the file of a kept version. Close it. */
  async open(key: string, versionId: string): Promise<OpenFile | ObjectRefusal> {
    const of = { ...this.#bucket.name(key), versionId }
    for (const row of this.#rowsOf(key, versionId)) {
      if (row.isDeleteMarker) {
        if (await this.files.stat(key, row)) return markerHasNoContent(of, shown(row))
        continue
      }
      const opened = await this.files.open(key, row)
      if (opened) return opened
    }
    return noSuchVersion(of)
  }

  /** Why there is no current version. */
  async missing(key: string): Promise<ObjectRefusal> {
    const name = this.#bucket.name(key)
    const newest = this.state && (await this.newest(key, () => true))
    return newest?.row.isDeleteMarker ? deletedKey(name, shown(newest.row)) : noSuchKey(name)
  }

  /** The newest kept version among some. */
  async newest(key: string, isMeant: (row: VersionRow) => boolean): Promise<FoundVersion | undefined> {
    for (let below: number | undefined; ; ) {
      const rows = this.#index.ofKey(this.#bucket.id, key, atOnce, below)
      for (const row of rows) {
        const stat = isMeant(row) ? await this.files.stat(key, row) : undefined
        if (stat) return { row, stat }
      }
      below = rows.at(-1)?.order
      if (below === undefined) return undefined
    }
  }

  /** The file of a kept version that has this identity: another version may have taken its place at once. */
  async statOf(key: string, identity: string): Promise<FileStat | undefined> {
    const row = this.#index.sameFile(this.#bucket.id, key, identity)
    const stat = row && (await this.files.stat(key, row))
    return stat && identityOf(stat) === identity ? stat : undefined
  }

  /** When a kept version stopped being the current one. */
  noncurrentSince({ row, stat }: FoundVersion): TimeMs {
    const newer = this.#index.above(this.#bucket.id, row.key, row.order)
    return noncurrentSince(row, newer, Number(stat.ctimeNs / 1_000_000n))
  }

  /** Gives a file its version before it takes its place. Undefined in a bucket without versioning. */
  async beforeWrite(
    key: string,
    { path, row: { identity } }: WrittenFile,
    place: Place,
  ): Promise<WrittenVersion | ObjectRefusal | undefined> {
    if (!this.state) return undefined
    const before = this.#currentIn(key, place)
    // A Complete that died when the object was in its place.
    const isThere = place.stat !== undefined && inodeOf(identityOf(place.stat)) === inodeOf(identity)
    if (this.state === 'Suspended' || isThere) {
      const versionId = isThere && before ? versionIdOf(before.row) : nullVersion
      return { versionId, added: undefined, before: isThere ? undefined : before, again: undefined }
    }
    const row = this.#newRow(key, { tail: newTail(), isDeleteMarker: false, identity })
    if (pathOfVersion(key, row) === undefined) return tooLong(key)
    const again = this.#index.sameFile(this.#bucket.id, key, identity)
    const kept = await this.keepNull(key, place, row.order)
    const written = { versionId: versionIdOf(row), added: row, before: kept ?? before, again }
    try {
      await Promise.all([
        this.files.link(path, key, row, () => this.#parts.pass('version-linked')),
        this.#parts.index.commit({ kind: 'addVersion', row }),
      ])
      this.#parts.pass('version-noted')
      return written
    } catch (error) {
      await this.undo(key, written)
      throw error
    }
  }

  #currentIn(key: string, { stat }: Pick<Place, 'stat'>): FoundVersion | undefined {
    const row = stat && this.row(key, stat)
    return row && { row, stat }
  }

  #newRow(key: string, version: Omit<VersionRow, 'bucketId' | 'key' | 'order'>): VersionRow {
    const [newest] = this.#index.ofKey(this.#bucket.id, key, 1)
    const order = this.#parts.order.next(this.#parts.now(), newest?.order)
    return { bucketId: this.#bucket.id, key, order, ...version }
  }

  /**
   * Gives a current file that is the null version a name among the versions, as the newest but one.
   * The index learns of the name first: a name that it does not know would never be removed.
   * Undefined for a file that is another version.
   */
  async keepNull(key: string, place: Place, order: number): Promise<FoundVersion | undefined> {
    const stat = place.stat
    const known = stat && this.row(key, stat)
    if (!stat || (known && !isNull(known))) return undefined
    if (known && (await this.files.stat(key, known))) return { row: known, stat }
    const version = { order: order - 1, tail: nullVersion, isDeleteMarker: false }
    const row = { bucketId: this.#bucket.id, key, ...version, identity: identityOf(stat) }
    await this.#parts.index.commit({ kind: 'addVersion', row })
    await this.files.link(inDirectory(place.directoryFd, place.name), key, version, () =>
      this.#parts.pass('null-linked'),
    )
    // Another program may have put a newer file there.
    const found = (await this.files.stat(key, version)) ?? stat
    if (identityOf(found) === row.identity) return { row, stat }
    const other = { ...row, identity: identityOf(found) }
    await this.#parts.index.commit({ kind: 'addVersion', row: other })
    return { row: other, stat: found }
  }

  /** The file did not take its place. */
  async undo(key: string, { added, before }: WrittenVersion): Promise<void> {
    // A null version keeps its name, and is still the current one.
    if (added) await this.#remove(added)
    if (before) await this.stillKnown(key, before)
  }

  /** The file has its place, durably. */
  async settle(key: string, { versionId, before, again }: WrittenVersion): Promise<void> {
    if (before) await this.stillKnown(key, before)
    if (again) await this.#remove(again)
    await this.removeVoid(key, versionId === nullVersion)
  }

  /** What was known of a version holds although its file has lost or got a name. */
  async stillKnown(key: string, { row, stat: before }: FoundVersion): Promise<void> {
    const known = this.#bucket.row(key, before)
    if (!known || isTouched(before, known)) return
    const after = await this.files.stat(key, row)
    const { identity } = known
    if (!after || identityOf(after) !== identity) return
    const mark = changeMark(after)
    this.#parts.index.markLater({ kind: 'markMoved', bucketId: this.#bucket.id, key, identity, changeMark: mark })
  }

  /** Removes null versions that another one has replaced. */
  async removeVoid(key: string, isCurrentNull: boolean): Promise<void> {
    const nulls = this.#index.nulls(this.#bucket.id, key)
    // One row is of the only null version, or of none.
    if (!isCurrentNull && nulls.length < 2) return
    const kept = isCurrentNull ? undefined : (await this.find(key, nullVersion))?.row
    for (const row of nulls) if (row.order !== kept?.order) await this.#remove(row)
  }

  async #remove(row: VersionRow): Promise<void> {
    await this.files.remove(row.key, row)
    this.#parts.index.commitLater({ kind: 'removeVersion', row })
  }

  /** Removes a kept version by its id. */
  async remove(key: string, versionId: string): Promise<void> {
    for (const row of this.#rowsOf(key, versionId)) await this.#remove(row)
  }

  /** A delete marker that is to be the newest version. */
  newMarker(key: string): VersionRow | ObjectRefusal {
    const tail = this.state === 'Enabled' ? newTail() : nullVersion
    const row = this.#newRow(key, { tail, isDeleteMarker: true, identity: '' })
    return pathOfVersion(key, row) === undefined ? tooLong(key) : row
  }

  /** Whether a version of any key is kept. */
  async areAny(): Promise<boolean> {
    for (let key = ''; ; ) {
      const rows = this.#index.behindKey(this.#bucket.id, key, atOnce)
      for (const row of rows) if (await this.files.stat(row.key, row)) return true
      const last = rows.at(-1)
      if (!last) return false
      for (let below = last.order; ; ) {
        const more = this.#index.ofKey(this.#bucket.id, last.key, atOnce, below)
        for (const row of more) if (await this.files.stat(row.key, row)) return true
        if (more.length === 0) break
        below = more.at(-1)!.order
      }
      key = last.key
    }
  }
}

function tooLong(key: string): ObjectRefusal {
  return objectRefusal('KeyTooLongError', 'Your key is too long for the path of a version', { Key: key })
}

function shown(row: KeptVersion) {
  return { versionId: versionIdOf(row), lastModifiedMs: timeOf(row) }
}

function inodeOf(identity: string): string {
  return identity.slice(0, identity.indexOf('.'))
}
