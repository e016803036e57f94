/** Reads, writes, copies and deletes single objects. */

import { limits } from '../../model/limits.ts'
import { refusalOfRead, refusalOfSource } from '../conditions.ts'
import { ContentChanged } from '../content-changed.ts'
import { type ContentDigests, refusalOfContent } from '../content-digest.ts'
import { copiedFrom } from '../copied-from.ts'
import { entityTooLarge, malformedVersionId } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import { refusalOfDescription, refusalOfTags } from '../object-rules.ts'
import type {
  Body,
  Conditions,
  CopyOfObject,
  NewObject,
  ObjectDescription,
  ObjectFacts,
  OpenObject,
  StoredObject,
  Tagged,
  VersionName,
} from '../object-store.ts'
import type { Tags } from '../tags.ts'
import { isVersionId } from '../version-id.ts'
import type { Place } from './bucket-tree.ts'
import { closeFd, type FileStat, statFd, statPath, syncFd } from './descriptors.ts'
import { type FileBucket, type NewFile, type OpenedObject, placePath } from './file-bucket.ts'
import { changeMark, identityOf } from './file-identity.ts'
import { refusedIfFull } from './free-space.ts'
import type { ObjectRow, SaidOfObject } from './index-changes.ts'
import { newName, writeNewFile } from './new-file.ts'
import { isTouched } from './object-facts.ts'
import { readFile } from './read-file.ts'
import type { StoreParts } from './store-parts.ts'
import { type WhereToWrite, writeBody } from './write-body.ts'

export class FileObjects {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async head(
    bucket: FileBucket,
    { key, versionId }: VersionName,
    conditions?: Conditions,
  ): Promise<ObjectFacts | ObjectRefusal> {
    const opened = await this.#openedIf(bucket, key, versionId, conditions)
    if (isObjectRefusal(opened)) return opened
    await closeFd(opened.fd)
    return opened.known.facts
  }

  async open(
    bucket: FileBucket,
    { key, versionId }: VersionName,
    conditions?: Conditions,
  ): Promise<OpenObject | ObjectRefusal> {
    const opened = await this.#openedIf(bucket, key, versionId, conditions)
    return isObjectRefusal(opened) ? opened : new OpenFileObject(opened)
  }

  async #openedIf(
    bucket: FileBucket,
    key: string,
    versionId?: string,
    conditions?: Conditions,
  ): Promise<OpenedObject | ObjectRefusal> {
    const opened = await bucket.open(key, versionId)
    if (isObjectRefusal(opened)) return opened
    const { facts, earlierEtag } = opened.known
    const refusal = refusalOfRead({ ...facts, earlierEtag }, conditions)
    if (refusal) await closeFd(opened.fd)
    return refusal ?? opened
  }

  async put(bucket: FileBucket, key: string, body: Body, wanted: NewObject): Promise<StoredObject | ObjectRefusal> {
    const path = bucket.pathToWrite(key)
    if (isObjectRefusal(path)) return path
    const size = wanted.expected?.size ?? 0
    const refusal =
      refusalOfDescription(wanted) ??
      (size > limits.objectPutBytes ? entityTooLarge(limits.objectPutBytes) : undefined) ??
      (await this.#parts.space.refusal(bucket.tree.root, size))
    if (refusal) return refusal
    const file = await this.#write(bucket, key, body, wanted)
    if (isObjectRefusal(file)) return file
    return bucket.place(key, path, file, wanted.conditions).catch(refusedIfFull)
  }

  /** Resolves when the file and what the index says of it are on disk. */
  async #write(bucket: FileBucket, key: string, body: Body, wanted: NewObject): Promise<NewFile | ObjectRefusal> {
    const path = bucket.tree.newPath(newName())
    const file = await writeNewFile<ObjectRow>(path, async (fd) => {
      const digests = await receive(this.#parts, fd, body, wanted)
      if (isObjectRefusal(digests)) return digests
      this.#parts.pass('object-written')
      const row = expectedRow(bucket, key, identityOf(await statFd(fd)), digests.md5, {
        ...descriptionOf(wanted),
        ...(digests.checksum && { checksum: digests.checksum }),
      })
      // The order of the two does not matter: until the file has its place, the row says nothing.
      await Promise.all([syncFd(fd), this.#parts.index.commit({ kind: 'expectObject', row })])
      this.#parts.pass('object-expected')
      return row
    })
    return isObjectRefusal(file) ? file : { path, fd: file.fd, row: file.written }
  }

  async copy(
    from: FileBucket,
    { key: fromKey, versionId }: VersionName,
    to: FileBucket,
    toKey: string,
    wanted: CopyOfObject,
  ): Promise<StoredObject | ObjectRefusal> {
    const source = await from.open(fromKey, versionId)
    if (isObjectRefusal(source)) return source
    try {
      const { facts, earlierEtag } = source.known
      const refusal = refusalOfSource({ ...facts, earlierEtag }, wanted.sourceConditions)
      if (refusal) return refusal
      if (facts.size > limits.objectPutBytes) return entityTooLarge(limits.objectPutBytes)
      const { headers, metadata, tags } = wanted.description ?? facts
      const checksum = wanted.checksum ?? facts.checksum?.kind
      const stored = await this.put(to, toKey, readFile(source), {
        ...{ headers, metadata, tags: wanted.tags ?? tags, expected: { size: facts.size } },
        ...(wanted.conditions && { conditions: wanted.conditions }),
        ...(checksum && { checksum }),
      })
      return copiedFrom(stored, facts)
    } catch (error) {
      return refusedIfChanged(error)
    } finally {
      await closeFd(source.fd)
    }
  }

  async setTags(
    bucket: FileBucket,
    key: string,
    versionId: string | undefined,
    tags: Tags,
  ): Promise<Tagged | ObjectRefusal> {
    const path = bucket.pathToWrite(key)
    if (isObjectRefusal(path)) return path
    if (versionId !== undefined && !isVersionId(versionId)) return malformedVersionId(versionId)
    return bucket.tree.locks.run(path, () =>
      bucket.tree.ifInPlace<Tagged | ObjectRefusal>(path, async (place) => {
        const found = await bucket.versions.statIn(key, place, versionId)
        if (isObjectRefusal(found)) return found
        const refusal = refusalOfTags(tags)
        if (refusal) return refusal
        const isCurrent = place?.stat === found.stat
        const known =
          bucket.row(key, found.stat) ?? (isCurrent ? await bucket.rowByAttribute(key, path, found.stat) : undefined)
        await this.#noteTags(isCurrent ? place : undefined, found.stat, taggedRow(bucket, key, found.stat, known, tags))
        return bucket.versions.state ? { versionId: found.versionId } : {}
      }),
    )
  }

  /** Writing an attribute touches the file, which is then to count as the same one. */
  async #noteTags(current: Place | undefined, stat: FileStat, row: ObjectRow): Promise<void> {
    const { attributes, index } = this.#parts
    const { bucketId, key, etag, identity, said } = row
    if (!attributes || !current) return index.commit({ kind: 'noteObject', row })
    const path = placePath(current)
    const write = () => attributes.write(path, stat, { etag, said })
    if (isTouched(stat, row)) {
      await index.commit({ kind: 'noteObject', row })
      return write()
    }
    await index.commit({ kind: 'expectObject', row: { ...row, changeMark: null } })
    await write()
    const now = await statPath(path)
    const mark = now && identityOf(now) === identity ? changeMark(now) : row.changeMark!
    await index.commit({ kind: 'settleObject', bucketId, key, identity, changeMark: mark })
  }
}

function taggedRow(
  bucket: FileBucket,
  key: string,
  stat: FileStat,
  known: ObjectRow | undefined,
  tags: Tags,
): ObjectRow {
  if (known) return { ...known, said: { ...known.said, tags } }
  const row = expectedRow(bucket, key, identityOf(stat), null, { headers: {}, metadata: {}, tags })
  return { ...row, changeMark: changeMark(stat) }
}

class OpenFileObject implements OpenObject {
  readonly facts: ObjectFacts
  readonly #file: OpenedObject
  #isClosed = false

  constructor(file: OpenedObject) {
    this.facts = file.known.facts
    this.#file = file
  }

  read(...range: Parameters<OpenObject['read']>): AsyncIterable<Uint8Array> {
    return readFile(this.#file, ...range)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await closeFd(this.#file.fd)
  }
}

/** Nothing is copied from a file that another program writes to. */
export function refusedIfChanged(error: unknown): ObjectRefusal {
  if (error instanceof ContentChanged)
    return objectRefusal('OperationAborted', 'The source was changed while it was copied. Please try again.')
  throw error
}

/** Writes a body to a file, and holds it against what was said of it. */
export async function receive(
  { threads }: Pick<StoreParts, 'threads'>,
  fd: number,
  body: Body,
  { checksum, expected }: Pick<NewObject, 'checksum' | 'expected'>,
  where?: WhereToWrite,
): Promise<ContentDigests | ObjectRefusal> {
  const digests = await writeBody(fd, body, { threads, checksum, size: expected?.size, where })
  return isObjectRefusal(digests) ? digests : (refusalOfContent(digests, expected) ?? digests)
}

export function expectedRow(
  bucket: FileBucket,
  key: string,
  identity: string,
  etag: string | null,
  said: SaidOfObject,
): ObjectRow {
  return { bucketId: bucket.id, key, identity, changeMark: null, etag, said }
}

export function descriptionOf({ headers, metadata, tags }: ObjectDescription): ObjectDescription {
  return { headers, metadata, tags }
}
