/** Uploads in parts. A part is a file in the directory of its upload. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { limits } from '../../model/limits.ts'
import { type Completion, checksumOfUpload, planCompletion, refusalOfPart } from '../completion.ts'
import { refusalOfSource } from '../conditions.ts'
import type { ContentDigests } from '../content-digest.ts'
import { foldUploads } from '../fold-uploads.ts'
import { entityTooLarge, noSuchUpload, rangeOutside } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import { refusalOfDescription } from '../object-rules.ts'
import type {
  Body,
  ByteRange,
  CompletedUpload,
  Conditions,
  NewPart,
  NewUpload,
  ObjectFacts,
  Part,
  PartsPage,
  StoredObject,
  Upload,
  UploadName,
  UploadsPage,
  UploadsQuery,
} from '../object-store.ts'
import { ignoring } from './bucket-tree.ts'
import { closeFd, link, makeDirectory, statFd, syncDirectoryAt, syncFd, truncate, unlink } from './descriptors.ts'
import type { FileBucket, NewFile } from './file-bucket.ts'
import { identityOf } from './file-identity.ts'
import { descriptionOf, expectedRow, receive, refusedIfChanged } from './file-objects.ts'
import { refusedIfFull } from './free-space.ts'
import type { ObjectRow, PartRow, SaidOfObject, UploadRow } from './index-changes.ts'
import { isJoined, joinFiles } from './join-files.ts'
import { newName, openToJoin, writeNewFile } from './new-file.ts'
import { readFile } from './read-file.ts'
import type { StoreParts } from './store-parts.ts'
import { removeUploadDirectory } from './upload-directory.ts'
import { joinedName, UploadSlots } from './upload-slots.ts'
import type { WhereToWrite } from './write-body.ts'

interface WrittenPart {
  readonly file: string
  readonly offset: number
  readonly digests: ContentDigests
}

/** Bytes of an object that become a part. */
interface PartSource {
  readonly bucket: FileBucket
  readonly key: string
  readonly versionId: string | undefined
  readonly range: ByteRange | undefined
  readonly conditions: Conditions | undefined
}

export class FileUploads {
  readonly #parts: StoreParts
  readonly #slots = new UploadSlots()
  /** Completes that are under way, by upload. A second one of the same upload waits for the first. */
  readonly #completing = new Map<string, Promise<StoredObject | ObjectRefusal>>()

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async create(bucket: FileBucket, key: string, wanted: NewUpload): Promise<Upload | ObjectRefusal> {
    const path = bucket.pathToWrite(key)
    if (isObjectRefusal(path)) return path
    const refusal = refusalOfDescription(wanted) ?? (await this.#parts.space.refusal(bucket.tree.root, 0))
    if (refusal) return refusal
    const checksum = checksumOfUpload(wanted)
    if (isObjectRefusal(checksum)) return checksum
    const startedAtMs = this.#parts.now()
    // Ids are in the order of their start.
    const uploadId = startedAtMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
    const upload: Upload = { ...bucket.name(key), uploadId, owner: wanted.owner, startedAtMs, ...checksum }
    await makeDirectory(directoryOf(bucket, uploadId), 0o700)
    await syncDirectoryAt(bucket.tree.uploads)
    const row: UploadRow = { upload, bucketId: bucket.id, description: descriptionOf(wanted) }
    await this.#parts.index.commit({ kind: 'addUpload', row })
    this.#slots.begin(uploadId)
    return upload
  }

  #find(bucket: FileBucket, { key, uploadId }: UploadName): UploadRow | undefined {
    const row = this.#parts.index.upload(uploadId)
    return row?.bucketId === bucket.id && row.upload.key === key ? row : undefined
  }

  async putPart(
    bucket: FileBucket,
    of: UploadName,
    number: number,
    body: Body,
    wanted: NewPart,
  ): Promise<Part | ObjectRefusal> {
    const row = this.#find(bucket, of)
    if (!row) return noSuchUpload(of)
    const size = wanted.expected?.size ?? 0
    const refusal =
      refusalOfPart(number, row.upload, wanted.checksum) ??
      (size > limits.objectPutBytes ? entityTooLarge(limits.objectPutBytes) : undefined) ??
      (await this.#parts.space.refusal(bucket.tree.root, size))
    if (refusal) return refusal
    const checksum = wanted.checksum ?? row.upload.checksum
    const written = await this.#writePart(bucket, of, number, body, { ...wanted, ...(checksum && { checksum }) })
    if (isObjectRefusal(written)) return written
    const { file, offset, digests } = written
    const part: Part = {
      ...{ number, size: digests.size, etag: digests.md5, lastModifiedMs: this.#parts.now() },
      ...(row.upload.checksum && { checksum: digests.checksum!.value }),
    }
    return this.#note(bucket, of, { uploadId: of.uploadId, file, offset, part })
  }

  /** Writes a part to its place among the others, or to a file of its own. */
  async #writePart(
    bucket: FileBucket,
    of: UploadName,
    number: number,
    body: Body,
    wanted: NewPart,
  ): Promise<WrittenPart | ObjectRefusal> {
    const { uploadId } = of
    const size = wanted.expected?.size ?? 0
    const offset = this.#slots.take(uploadId, number, size)
    let isKept = false
    try {
      const digests =
        offset === undefined
          ? await this.#writeOwn(bucket, of, body, wanted)
          : await this.#writeSlot(bucket, of, body, wanted, { position: offset, mostBytes: size })
      isKept = !isObjectRefusal(digests)
      return digests
    } finally {
      if (offset !== undefined) this.#slots.written(uploadId, number, isKept)
    }
  }

  async #writeSlot(
    bucket: FileBucket,
    of: UploadName,
    body: Body,
    wanted: NewPart,
    where: WhereToWrite,
  ): Promise<WrittenPart | ObjectRefusal> {
    const directory = directoryOf(bucket, of.uploadId)
    let fd: number | undefined
    try {
      fd = await openToJoin(join(directory, joinedName))
      const digests = await receive(this.#parts, fd, body, wanted, where)
      if (isObjectRefusal(digests)) return digests
      await syncFd(fd)
      await syncDirectoryAt(directory)
      this.#parts.pass('part-written')
      return { file: joinedName, offset: where.position, digests }
    } catch (error) {
      return this.#find(bucket, of) ? refusedIfFull(error) : noSuchUpload(of)
    } finally {
      if (fd !== undefined) await closeFd(fd)
    }
  }

  async #writeOwn(
    bucket: FileBucket,
    of: UploadName,
    body: Body,
    wanted: NewPart,
  ): Promise<WrittenPart | ObjectRefusal> {
    const file = newName()
    const directory = directoryOf(bucket, of.uploadId)
    const written = await writeNewFile(join(directory, file), async (fd) => {
      const digests = await receive(this.#parts, fd, body, wanted)
      if (isObjectRefusal(digests)) return digests
      await syncFd(fd)
      await syncDirectoryAt(directory)
      this.#parts.pass('part-written')
      return digests
    }).catch((error) => {
      if (!this.#find(bucket, of)) return noSuchUpload(of)
      throw error
    })
    if (isObjectRefusal(written)) return written
    await closeFd(written.fd)
    return { file, offset: 0, digests: written.written }
  }

  /** The part takes the place of an earlier one with its number. */
  async #note(bucket: FileBucket, of: UploadName, row: PartRow): Promise<Part | ObjectRefusal> {
    const directory = directoryOf(bucket, of.uploadId)
    return bucket.tree.locks.run(lockOf(of), async () => {
      if (!this.#find(bucket, of)) {
        // Unless the whole directory is gone.
        if (row.file !== joinedName) await unlink(join(directory, row.file)).catch(() => {})
        return noSuchUpload(of)
      }
      const [before] = this.#parts.index.parts(of.uploadId, row.part.number - 1, 1)
      await this.#parts.index.commit({ kind: 'putPart', row })
      this.#parts.pass('part-noted')
      if (before?.part.number === row.part.number && before.file !== joinedName)
        await unlink(join(directory, before.file)).catch(ignoring('ENOENT'))
      return row.part
    })
  }

  async copyPart(
    { bucket, of, number }: { bucket: FileBucket; of: UploadName; number: number },
    { bucket: from, key, versionId, range, conditions }: PartSource,
  ): Promise<Part | ObjectRefusal> {
    const source = await from.open(key, versionId)
    if (isObjectRefusal(source)) return source
    try {
      const { facts, earlierEtag } = source.known
      const refusal = refusalOfSource({ ...facts, earlierEtag }, conditions)
      if (refusal) return refusal
      if (range && (range.last >= facts.size || range.first > range.last)) return rangeOutside(facts.size)
      const size = range ? range.last - range.first + 1 : facts.size
      return await this.putPart(bucket, of, number, readFile(source, range), { expected: { size } })
    } catch (error) {
      return refusedIfChanged(error)
    } finally {
      await closeFd(source.fd)
    }
  }

  listParts(bucket: FileBucket, of: UploadName, after: number, limit: number): PartsPage | ObjectRefusal {
    const row = this.#find(bucket, of)
    if (!row) return noSuchUpload(of)
    const parts = this.#parts.index.parts(of.uploadId, after, limit + 1).map(({ part }) => part)
    return { upload: row.upload, parts: parts.slice(0, limit), more: parts.length > limit }
  }

  list(bucket: FileBucket, query: UploadsQuery): UploadsPage {
    // Without an id, all uploads of the key are on earlier pages. Ids are hexadecimal.
    const afterId = query.afterUploadId === '' && query.afterKey !== '' ? 'z' : query.afterUploadId
    const rows = this.#parts.index.uploads(bucket.id, query.afterKey, afterId)
    return foldUploads(uploadsOf(rows), query)
  }

  complete(bucket: FileBucket, of: UploadName, wanted: CompletedUpload): Promise<StoredObject | ObjectRefusal> {
    const first = this.#completing.get(of.uploadId)
    if (first) return first.then((answer) => (isObjectRefusal(answer) ? this.complete(bucket, of, wanted) : answer))
    const own = bucket.tree.locks
      .run(lockOf(of), () => this.#complete(bucket, of, wanted))
      .finally(() => this.#completing.delete(of.uploadId))
    this.#completing.set(of.uploadId, own)
    return own
  }

  async #complete(bucket: FileBucket, of: UploadName, wanted: CompletedUpload): Promise<StoredObject | ObjectRefusal> {
    const done = this.#parts.index.completed(of.uploadId)
    if (done?.bucketId === bucket.id && done.key === of.key) return { facts: JSON.parse(done.facts) as ObjectFacts }
    const path = bucket.pathToWrite(of.key)
    if (isObjectRefusal(path)) return path
    const row = this.#find(bucket, of)
    if (!row) return noSuchUpload(of)
    const stored = this.#parts.index.parts(of.uploadId, 0, limits.uploadParts)
    const byNumber = new Map(stored.map(({ part }) => [part.number, part]))
    const plan = planCompletion(row.upload, byNumber, wanted, this.#parts.smallestPartBytes)
    if (isObjectRefusal(plan)) return plan
    const file = await this.#join(bucket, row, plan, stored)
    if (isObjectRefusal(file)) return file
    const placed = await bucket.place(of.key, path, file, wanted.conditions).catch(refusedIfFull)
    if (isObjectRefusal(placed)) return placed
    this.#slots.end(of.uploadId)
    await removeUploadDirectory(directoryOf(bucket, of.uploadId))
    return placed
  }

  /** Makes one file of the parts. Resolves when it is on disk. */
  async #join(
    bucket: FileBucket,
    row: UploadRow,
    plan: Completion,
    stored: readonly PartRow[],
  ): Promise<NewFile | ObjectRefusal> {
    const { uploadId } = row.upload
    const byNumber = new Map(stored.map((part) => [part.part.number, part]))
    const pieces = plan.parts.map(({ number, size }) => {
      const { file, offset } = byNumber.get(number)!
      return { path: join(directoryOf(bucket, uploadId), file), offset, size }
    })
    const path = bucket.tree.newPath(newName())
    const joined = pieces[0]!.path
    // A part that is left out may be wanted later: this Complete may still be refused.
    const isCutOff = ({ file, offset }: PartRow) => file === joinedName && offset >= plan.size
    const isWhole = isJoined(pieces) && !stored.some(isCutOff) && !this.#slots.isBusy(uploadId)
    if (isWhole) {
      // The file becomes the object, so a part that comes now gets another one.
      this.#slots.end(uploadId)
      // A link, so that the parts are still there if the server dies now.
      await link(joined, path)
    } else {
      const refusal = await this.#parts.space.refusal(bucket.tree.root, plan.size)
      if (refusal) return refusal
    }
    const write = async (fd: number) => {
      if (!isWhole) await joinFiles(fd, pieces)
      // The file is the object already if a Complete failed behind its place: its time must stay.
      else if ((await statFd(fd)).size > plan.size) await truncate(fd, plan.size)
      this.#parts.pass('upload-joined')
      const object = expectedRow(bucket, row.upload.key, identityOf(await statFd(fd)), plan.etag, saidOf(row, plan))
      await Promise.all([syncFd(fd), this.#parts.index.commit({ kind: 'expectObject', row: object })])
      return object
    }
    const file = await writeNewFile<ObjectRow>(path, write, isWhole ? 'there already' : 'to be made')
    if (isObjectRefusal(file)) return file
    const whenPlaced = async (placed: StoredObject) => {
      await this.#completed(bucket, row, placed)
      if (isWhole) await unlink(joined)
    }
    return { path, fd: file.fd, row: file.written, whenPlaced }
  }

  async #completed(bucket: FileBucket, { upload }: UploadRow, { facts }: StoredObject): Promise<void> {
    this.#parts.pass('upload-placed')
    const { uploadId, key } = upload
    await this.#parts.index.commit({
      kind: 'completeUpload',
      row: { uploadId, bucketId: bucket.id, key, atMs: this.#parts.now(), facts: JSON.stringify(facts) },
    })
    this.#parts.pass('upload-completed')
  }

  async abort(bucket: FileBucket, of: UploadName): Promise<ObjectRefusal | undefined> {
    return bucket.tree.locks.run(lockOf(of), async () => {
      if (!this.#find(bucket, of)) return noSuchUpload(of)
      await this.#parts.index.commit({ kind: 'removeUpload', uploadId: of.uploadId })
      this.#slots.end(of.uploadId)
      await removeUploadDirectory(directoryOf(bucket, of.uploadId))
      return undefined
    })
  }
}

function saidOf({ description }: UploadRow, { parts, checksum }: Completion): SaidOfObject {
  return {
    ...description,
    ...(checksum && { checksum }),
    parts: parts.map(({ number, size, checksum: own }) => ({ number, size, ...(own && { checksum: own }) })),
  }
}

function* uploadsOf(rows: Iterable<UploadRow>): Generator<Upload> {
  for (const { upload } of rows) yield upload
}

function directoryOf(bucket: FileBucket, uploadId: string): string {
  return join(bucket.tree.uploads, uploadId)
}

/** No path of an object begins with a slash. */
function lockOf({ uploadId }: UploadName): string {
  return `/upload/${uploadId}`
}
