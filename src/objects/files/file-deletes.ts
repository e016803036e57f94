/** Deletes objects and single versions of them. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { refusalOfDelete } from '../conditions.ts'
import { malformedVersionId } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import type { DeleteConditions, Deleted } from '../object-store.ts'
import { isNull, isVersionId, versionIdOf } from '../version-id.ts'
import { ignoring, type Place } from './bucket-tree.ts'
import type { FoundVersion } from './bucket-versions.ts'
import { closeFd, inDirectory, link, openFd, rename, syncFd, unlink, writeAt } from './descriptors.ts'
import type { FileBucket } from './file-bucket.ts'
import { markOf } from './file-identity.ts'
import { refusedIfFull } from './free-space.ts'
import type { VersionRow } from './index-changes.ts'
import { markerPrefix, secondNamePrefix } from './new-file.ts'
import type { StoreParts } from './store-parts.ts'

export class FileDeletes {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** Without versioning the object is gone; otherwise it gets a delete marker. */
  async deleteObject(
    bucket: FileBucket,
    key: string,
    conditions: DeleteConditions | undefined,
  ): Promise<Deleted | ObjectRefusal> {
    const path = bucket.pathToWrite(key)
    if (isObjectRefusal(path)) return path
    return bucket.tree.locks.run(path, () =>
      bucket.tree.ifInPlace<Deleted | ObjectRefusal>(path, async (place) => {
        // A mark is of an object that was there.
        if (!place && (!bucket.versions.state || conditions?.ifMark !== undefined)) return { existed: false }
        const refusal = place && refusalOf(bucket, key, place, conditions)
        if (refusal) return refusal
        if (bucket.isClosing) return objectRefusal('OperationAborted', 'The bucket is being removed.')
        if (bucket.versions.state) return this.#mark(bucket, key, place).catch(refusedIfFull)
        await this.#removeObject(bucket, key, place!)
        return { existed: true }
      }),
    )
  }

  async #removeObject(bucket: FileBucket, key: string, place: Place): Promise<void> {
    await bucket.tree.remove(place)
    this.#parts.pass('object-removed')
    this.#parts.index.commitLater({ kind: 'forgetObject', bucketId: bucket.id, key })
    this.#parts.pass('object-forgotten')
  }

  /**
   * Puts a delete marker in the place of an object. The marker waits among the new files while the
   * object is removed, so that a restart can go on.
   */
  async #mark(bucket: FileBucket, key: string, place: Place | undefined): Promise<Deleted | ObjectRefusal> {
    const { versions } = bucket
    const marker = versions.newMarker(key)
    if (isObjectRefusal(marker)) return marker
    const before = place && (await this.#kept(bucket, key, place, marker))
    const own = bucket.tree.newPath(`${markerPrefix}${randomUUID()}`)
    try {
      await Promise.all([writeMarker(own, marker), this.#parts.index.commit({ kind: 'addVersion', row: marker })])
      this.#parts.pass('marker-written')
      if (place) await bucket.tree.remove(place)
    } catch (error) {
      await unlink(own).catch(() => {})
      this.#parts.index.commitLater({ kind: 'removeVersion', row: marker })
      throw error
    }
    this.#parts.pass('object-removed')
    await versions.files.move(own, key, marker)
    this.#parts.pass('marker-placed')
    if (before) await versions.stillKnown(key, before)
    await versions.removeVoid(key, false)
    return { existed: place !== undefined, versionId: versionIdOf(marker), isDeleteMarker: true }
  }

  /** The current version, with a name by which it stays. Undefined for one that goes. */
  async #kept(
    { versions }: FileBucket,
    key: string,
    place: Place,
    marker: VersionRow,
  ): Promise<FoundVersion | undefined> {
    const row = versions.row(key, place.stat!)
    if (isNull(marker) && (!row || isNull(row))) return undefined
    return row && !isNull(row) ? { row, stat: place.stat! } : versions.keepNull(key, place, marker.order)
  }

  async deleteVersion(
    bucket: FileBucket,
    key: string,
    versionId: string,
    conditions: DeleteConditions | undefined,
  ): Promise<Deleted | ObjectRefusal> {
    const path = bucket.pathToWrite(key)
    if (isObjectRefusal(path)) return path
    if (!isVersionId(versionId)) return malformedVersionId(versionId)
    return bucket.tree.locks.run(path, () =>
      bucket.tree.ifInPlace<Deleted | ObjectRefusal>(path, async (place) => {
        const { versions } = bucket
        const isCurrent = place !== undefined && versions.idOf(key, place.stat!) === versionId
        const kept = await versions.find(key, versionId)
        if (!isCurrent && !kept) return { existed: false, versionId }
        const refusal = isCurrent ? refusalOf(bucket, key, place, conditions) : undefined
        if (refusal) return refusal
        const isLatest = isCurrent || (!place && kept!.row.isDeleteMarker && (await isNewest(bucket, key, kept!)))
        const since = conditions?.ifNoncurrentSinceMs
        if (since !== undefined && (isLatest || versions.noncurrentSince(kept!) > since))
          return { existed: false, versionId }
        if (isLatest) await this.#promote(bucket, key, path, place, versionId)
        this.#parts.pass('version-promoted')
        await versions.remove(key, versionId)
        this.#parts.pass('version-removed')
        const wasMarker = !isCurrent && kept!.row.isDeleteMarker
        return { existed: true, versionId, ...(wasMarker && { isDeleteMarker: true }) }
      }),
    )
  }

  /** Puts the newest of the other versions in the place of the one that goes. */
  async #promote(
    bucket: FileBucket,
    key: string,
    path: string,
    place: Place | undefined,
    versionId: string,
  ): Promise<void> {
    const { versions, tree } = bucket
    const next = await versions.newest(key, (row) => versionIdOf(row) !== versionId)
    if (!next || next.row.isDeleteMarker) {
      if (place) await this.#removeObject(bucket, key, place)
      return
    }
    const own = tree.newPath(`${secondNamePrefix}${randomUUID()}`)
    await link(versions.files.wholePath(key, next.row), own)
    try {
      await tree.inPlace(path, async ({ directory, directoryFd, name }) => {
        const target = inDirectory(directoryFd, name)
        if (place) await rename(own, target)
        // Another program may have put an object there just now.
        else await link(own, target).catch(ignoring('EEXIST'))
        await tree.sync(directory, directoryFd)
      })
    } finally {
      // A rename leaves both names of one file.
      await unlink(own).catch(ignoring('ENOENT'))
    }
    await versions.stillKnown(key, next)
  }
}

function refusalOf(
  bucket: FileBucket,
  key: string,
  place: Place,
  conditions: DeleteConditions | undefined,
): ObjectRefusal | undefined {
  const mark = markOf(place.stat!)
  // A file that goes is not read for its entity tag unless somebody asks for that.
  if (!conditions?.ifMatch) return refusalOfDelete({ etag: '', lastModifiedMs: 0, mark }, conditions)
  const { facts, earlierEtag } = bucket.known(key, place.stat!)
  return refusalOfDelete({ ...facts, earlierEtag, mark }, conditions)
}

async function isNewest({ versions }: FileBucket, key: string, { row }: FoundVersion): Promise<boolean> {
  return (await versions.newest(key, () => true))?.row.order === row.order
}

/** The content is for a restart that has lost the index, and for people who look. */
export interface MarkerNote {
  readonly key: string
  readonly order: number
  readonly tail: string
}

async function writeMarker(path: string, { key, order, tail }: VersionRow): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants
  const fd = await openFd(path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
  try {
    await writeAt(fd, [Buffer.from(`${JSON.stringify({ key, order, tail } satisfies MarkerNote)}\n`)], 0)
    await syncFd(fd)
  } finally {
    await closeFd(fd)
  }
}
