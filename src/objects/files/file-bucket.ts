/** A bucket that is a directory: finds its objects, and puts files in their places. */
import { refusalOfWrite } from '../conditions.ts'
import { bucketReadOnly, malformedVersionId } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import { refusalOfKey } from '../object-rules.ts'
import type { Bucket, Conditions, ObjectName, StoredObject } from '../object-store.ts'
import { isVersionId, nullVersion } from '../version-id.ts'
import { BucketTree, InTheWay, ignoring, type OpenFile, type Place } from './bucket-tree.ts'
import { BucketVersions, type WrittenVersion } from './bucket-versions.ts'
import { closeFd, codeOf, type FileStat, inDirectory, link, rename, statFd, statPath, unlink } from './descriptors.ts'
import { changeMark, identityOf } from './file-identity.ts'
import type { ObjectRow } from './index-changes.ts'
import { makeWay } from './make-way.ts'
import { saidByAttribute } from './object-attributes.ts'
import { isTouched, type KnownObject, knownObject } from './object-facts.ts'
import { keyOfPath, pathOfKey } from './object-path.ts'
import type { StoreParts } from './store-parts.ts'

export interface BucketOptions {
  readonly id: number
  readonly bucket: Bucket
  readonly directory: string
}

/** A file that is written, and is to become an object. */
export interface NewFile {
  /** Its path among the new files of the bucket. */
  readonly path: string
  readonly fd: number
  readonly row: ObjectRow
  /** What else must be done once the object is in its place. */
  readonly whenPlaced?: (stored: StoredObject) => Promise<void>
}

export interface OpenedObject extends OpenFile {
  readonly known: KnownObject
  /** By which it is known. */
  readonly row?: ObjectRow
}

export class FileBucket {
  readonly id: number
  readonly bucket: Bucket
  readonly tree: BucketTree
  readonly versions: BucketVersions
  readonly #parts: StoreParts
  /** It is being removed: nothing is put into it any more. */
  isClosing = false
  /** Calls that work in it now. */
  #users = 0
  #whenUnused: (() => void) | undefined

  constructor({ id, bucket, directory }: BucketOptions, parts: StoreParts) {
    this.id = id
    this.bucket = bucket
    this.#parts = parts
    this.tree = new BucketTree(directory, bucket.readOnly, (path) => this.#makeWay(path))
    this.versions = new BucketVersions(this, parts)
  }

  /** Runs a call that works in the bucket. */
  async use<T>(work: () => T): Promise<Awaited<T>> {
    this.#users++
    try {
      return await work()
    } finally {
      if (--this.#users === 0) this.#whenUnused?.()
    }
  }

  /** Lets nothing be put into the bucket any more, and closes it when the last call has ended. */
  async close(): Promise<void> {
    this.isClosing = true
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#whenUnused = resolve))
    await this.tree.close()
  }

  /** The path of an object's file, or why there is none. */
  pathOf(key: string): string | ObjectRefusal {
    return (
      refusalOfKey(key) ??
      pathOfKey(key) ??
      objectRefusal('KeyTooLongError', 'Your key is too long for the path of a file', { Key: key })
    )
  }

  /** The same for a key that is written to. */
  pathToWrite(key: string): string | ObjectRefusal {
    return this.bucket.readOnly ? bucketReadOnly(this.bucket.name) : this.pathOf(key)
  }

  name(key: string): ObjectName {
    return { bucket: this.bucket.name, key }
  }

  /** Opens the file of an object, or of one of its versions. Close it. Asks for what is not known of it. */
  async open(key: string, versionId?: string): Promise<OpenedObject | ObjectRefusal> {
    const opened = await this.openAsKnown(key, versionId)
    if (!isObjectRefusal(opened) && opened.known.mustBeRead) this.#parts.readLater(this.id, key, versionId)
    return opened
  }

  /** The same without asking. */
  async openAsKnown(key: string, versionId?: string): Promise<OpenedObject | ObjectRefusal> {
    const path = this.pathOf(key)
    if (isObjectRefusal(path)) return path
    if (versionId !== undefined && !isVersionId(versionId)) return malformedVersionId(versionId)
    // The null version may be the current one, or be kept.
    const current = versionId === undefined || versionId === nullVersion ? await this.tree.openFile(path) : undefined
    if (current && (versionId === undefined || this.versions.idOf(key, current.stat) === versionId))
      return this.#opened(key, current, await this.#rowOf(key, path, current))
    if (current) await closeFd(current.fd)
    if (versionId === undefined) return this.versions.missing(key)
    const kept = await this.versions.open(key, versionId)
    return isObjectRefusal(kept) ? kept : this.#opened(key, kept, this.row(key, kept.stat), versionId)
  }

  async #rowOf(key: string, path: string, { fd, stat }: OpenFile): Promise<ObjectRow | undefined> {
    try {
      return this.row(key, stat) ?? (await this.rowByAttribute(key, path, stat))
    } catch (error) {
      await closeFd(fd)
      throw error
    }
  }

  /**
   * What an extended attribute says of a file that the index does not know: a copy by another
   * program, or any after the index was lost. Its entity tag does not count before the file was read.
   */
  async rowByAttribute(key: string, path: string, stat: FileStat): Promise<ObjectRow | undefined> {
    const { attributes } = this.#parts
    const found =
      attributes &&
      (await this.tree.ifInPlace(path, async (place) =>
        place && identityOf(place.stat!) === identityOf(stat) ? attributes.read(placePath(place), stat) : undefined,
      ))
    return found && { bucketId: this.id, key, identity: identityOf(stat), changeMark: saidByAttribute, ...found }
  }

  #opened(key: string, opened: OpenFile, row: ObjectRow | undefined, versionId?: string): OpenedObject {
    const file = { ...opened, ...(row && { row }) }
    const known = knownObject(key, file.stat, row)
    if (!this.versions.state) return { ...file, known }
    const facts = { ...known.facts, versionId: versionId ?? this.versions.idOf(key, file.stat) }
    return { ...file, known: { ...known, facts } }
  }

  /** What is known of the object in a file, or of the version. Asks for what is not. */
  known(key: string, stat: Pick<FileStat, 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>, versionId?: string): KnownObject {
    const known = knownObject(key, stat, this.row(key, stat))
    if (known.mustBeRead) this.#parts.readLater(this.id, key, versionId)
    return known
  }

  row(key: string, stat: Pick<FileStat, 'ino' | 'size' | 'mtimeNs'>): ObjectRow | undefined {
    return this.#parts.index.object(this.id, key, identityOf(stat))
  }

  /**
   * Puts a file in the place of an object, if the conditions hold, and makes that durable. The file
   * and its row in the index are on disk already. Closes and removes the file in any case.
   */
  async place(
    key: string,
    path: string,
    file: NewFile,
    conditions?: Conditions,
  ): Promise<StoredObject | ObjectRefusal> {
    let isPlaced = false
    try {
      return await this.tree.locks.run(path, () =>
        this.tree.inPlace(path, async (place) => {
          const refusal = this.#refusal(key, place, conditions)
          if (refusal) return refusal
          const written = this.versions.state && (await this.versions.beforeWrite(key, file, place))
          if (isObjectRefusal(written)) return written
          const failure = await this.#moveTo(key, file, place, conditions, written)
          if (failure) return failure
          isPlaced = true
          return this.#settle(key, file, place, written)
        }),
      )
    } catch (error) {
      if (error instanceof InTheWay)
        return objectRefusal('InvalidArgument', `The key cannot be a file: ${error.message}.`)
      throw error
    } finally {
      await closeFd(file.fd)
      if (!isPlaced) await this.drop(key, file)
    }
  }

  /** Removes a file that did not become an object. */
  async drop(key: string, { path, row }: Pick<NewFile, 'path' | 'row'>): Promise<void> {
    this.#parts.index.commitLater({ kind: 'dropExpected', bucketId: this.id, key, identity: row.identity })
    await unlink(path).catch(() => {})
  }

  #refusal(key: string, place: Place, conditions: Conditions | undefined): ObjectRefusal | undefined {
    if (this.isClosing) return objectRefusal('OperationAborted', 'The bucket is being removed.')
    return refusalOfWrite(this.name(key), place.stat && this.#found(key, place.stat), conditions)
  }

  async #moveTo(
    key: string,
    file: NewFile,
    place: Place,
    conditions: Conditions | undefined,
    written: WrittenVersion | undefined,
  ): Promise<ObjectRefusal | undefined> {
    let isMoved = false
    try {
      const refusal = await this.#move(key, file, place, conditions)
      isMoved = !refusal
      return refusal
    } finally {
      if (!isMoved && written) await this.versions.undo(key, written)
    }
  }

  async #move(
    key: string,
    file: NewFile,
    place: Place,
    conditions: Conditions | undefined,
  ): Promise<ObjectRefusal | undefined> {
    const target = placePath(place)
    await this.#noteInAttribute(file)
    if (!conditions?.ifNoneMatch?.includes('*')) {
      await rename(file.path, target)
      // After a crash, both can be one file, of which a rename leaves both names.
      if (file.whenPlaced) await unlink(file.path).catch(ignoring('ENOENT'))
      return undefined
    }
    try {
      await link(file.path, target)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // Another program made it just now.
      const stat = await statPath(target)
      if (stat?.isDirectory()) throw Object.assign(new Error('a directory was made'), { code: 'EISDIR' })
      return refusalOfWrite(this.name(key), { etag: '', lastModifiedMs: 0 }, conditions)
    }
    await unlink(file.path)
    return undefined
  }

  /** Before the file is an object, so that a copy of the object has it at any time. */
  async #noteInAttribute({ fd, path, row }: NewFile): Promise<void> {
    const { attributes } = this.#parts
    const { etag, said } = row
    await attributes?.write(path, await statFd(fd), { etag, said })
  }

  #found(key: string, stat: FileStat) {
    const { facts, earlierEtag } = this.known(key, stat)
    return { etag: facts.etag, lastModifiedMs: facts.lastModifiedMs, earlierEtag }
  }

  async #settle(
    key: string,
    { fd, row, whenPlaced }: NewFile,
    place: Place,
    written: WrittenVersion | undefined,
  ): Promise<StoredObject> {
    this.#parts.pass('object-placed')
    await this.tree.sync(place.directory, place.directoryFd)
    this.#parts.pass('object-synced')
    const ofVersion = written && { versionId: written.versionId }
    await whenPlaced?.({ facts: { ...knownObject(key, await statFd(fd), row).facts, ...ofVersion } })
    if (written) await this.versions.settle(key, written)
    const stat = await statFd(fd)
    const mark = changeMark(stat)
    const { identity } = row
    this.#parts.index.markLater({ kind: 'settleObject', bucketId: this.id, key, identity, changeMark: mark })
    this.#parts.pass('object-settled')
    return { facts: { ...knownObject(key, stat, { ...row, changeMark: mark }).facts, ...ofVersion } }
  }

  /** Objects are to be put below an object. Its file stays the same one. */
  async #makeWay(path: string): Promise<void> {
    const before = await statPath(`${this.tree.root}/${path}`)
    await makeWay(this.tree, path, this.#parts.pass)
    const key = keyOfPath(path)
    const row = before?.isFile() && key !== undefined ? this.row(key, before) : undefined
    if (!row || isTouched(before!, row)) return
    const after = await this.tree.stat(path)
    if (!after || identityOf(after) !== row.identity) return
    await this.#parts.index.commit({ kind: 'noteObject', row: { ...row, changeMark: changeMark(after) } })
  }
}

/** Where the file of an object is, or will be. */
export function placePath({ directoryFd, name }: Place): string {
  return inDirectory(directoryFd, name)
}
