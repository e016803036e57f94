/** Uploads in parts. A part is a file in the directory of its upload. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { limits } from '../../model/limits.ts'
import { type Completion, checksumOfUpload, planCompletion, refusalOfPart } from '../completion.ts'
import { refusalOfSource } from '../conditions.ts'
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
import { closeFd, makeDirectory, statFd, syncDirectoryAt, syncFd, unlink } from './descriptors.ts'
import type { FileBucket, NewFile } from './file-bucket.ts'
import { identityOf } from './file-identity.ts'
import { descriptionOf, expectedRow, receive } from './file-objects.ts'
import { refusedIfFull } from './free-space.ts'
import type { ObjectRow, PartRow, UploadRow } from './index-changes.ts'
import { joinFiles } from './join-files.ts'
import { newName, writeNewFile } from './new-file.ts'
import { readFile } from './read-file.ts'
import type { StoreParts } from './store-parts.ts'
import { removeUploadDirectory } from './upload-directory.ts'

/** Bytes of an object that become a part. */
interface PartSource {
  readonly bucket: FileBucket
  readonly key: string
  readonly range: ByteRange | undefined
  readonly conditions: Conditions | undefined
}

export class FileUploads {
  readonly #parts: StoreParts
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
    const file = newName()
    const path = join(directoryOf(bucket, of.uploadId), file)
    const checksum = wanted.checksum ?? row.upload.checksum
    const written = await writeNewFile(path, async (fd) => {
      const digests = await receive(fd, body, { ...wanted, ...(checksum && { checksum }) })
      if (isObjectRefusal(digests)) return digests
      await syncFd(fd)
      await syncDirectoryAt(directoryOf(bucket, of.uploadId))
      this.#parts.pass('part-written')
      return digests
    }).catch((error) => {
      if (!this.#find(bucket, of)) return noSuchUpload(of)
      throw error
    })
    if (isObjectRefusal(written)) return written
    await closeFd(written.fd)
    const { md5, checksum: found, size: bytes } = written.written
    const part: Part = {
      ...{ number, size: bytes, etag: md5, lastModifiedMs: this.#parts.now() },
      ...(row.upload.checksum && { checksum: found!.value }),
    }
    return this.#note(bucket, of, { uploadId: of.uploadId, file, part })
  }

  /** The part takes the place of an earlier one with its number. */
  async #note(bucket: FileBucket, of: UploadName, row: PartRow): Promise<Part | ObjectRefusal> {
    const directory = directoryOf(bucket, of.uploadId)
    return bucket.tree.locks.run(lockOf(of), async () => {
      if (!this.#find(bucket, of)) {
        await unlink(join(directory, row.file)).catch(() => {})
        return noSuchUpload(of)
      }
      const [before] = this.#parts.index.parts(of.uploadId, row.part.number - 1, 1)
      await this.#parts.index.commit({ kind: 'putPart', row })
      this.#parts.pass('part-noted')
      if (before?.part.number === row.part.number) await unlink(join(directory, before.file)).catch(ignoring('ENOENT'))
      return row.part
    })
  }

  async copyPart(
    { bucket, of, number }: { bucket: FileBucket; of: UploadName; number: number },
    { bucket: from, key, range, conditions }: PartSource,
  ): Promise<Part | ObjectRefusal> {
    const source = await from.open(key)
    if (isObjectRefusal(source)) return source
    try {
      const { facts, earlierEtag } = source.known
      const refusal = refusalOfSource({ ...facts, earlierEtag }, conditions)
      if (refusal) return refusal
      if (range && (range.last >= facts.size || range.first > range.last)) return rangeOutside(facts.size)
      const size = range ? range.last - range.first + 1 : facts.size
      return await this.putPart(bucket, of, number, readFile(source, range), { expected: { size } })
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
    this.#parts.pass('upload-placed')
    const facts = JSON.stringify(placed.facts)
    const { uploadId, key } = of
    await this.#parts.index.commit({
      kind: 'completeUpload',
      row: { uploadId, bucketId: bucket.id, key, atMs: this.#parts.now(), facts },
    })
    this.#parts.pass('upload-completed')
    await removeUploadDirectory(directoryOf(bucket, uploadId))
    return placed
  }

  /** Makes one file of the parts. Resolves when it is on disk. */
  async #join(
    bucket: FileBucket,
    { upload, description }: UploadRow,
    plan: Completion,
    stored: readonly PartRow[],
  ): Promise<NewFile | ObjectRefusal> {
    const refusal = await this.#parts.space.refusal(bucket.tree.root, plan.size)
    if (refusal) return refusal
    const files = new Map(stored.map(({ part, file }) => [part.number, file]))
    const directory = directoryOf(bucket, upload.uploadId)
    const path = bucket.tree.newPath(newName())
    const file = await writeNewFile<ObjectRow>(path, async (fd) => {
      await joinFiles(
        fd,
        plan.parts.map(({ number, size }) => ({ path: join(directory, files.get(number)!), size })),
      )
      this.#parts.pass('upload-joined')
      const row = expectedRow(bucket, upload.key, identityOf(await statFd(fd)), plan.etag, {
        ...description,
        ...(plan.checksum && { checksum: plan.checksum }),
        parts: plan.parts.map(({ number, size, checksum }) => ({ number, size, ...(checksum && { checksum }) })),
      })
      await Promise.all([syncFd(fd), this.#parts.index.commit({ kind: 'expectObject', row })])
      return row
    })
    return isObjectRefusal(file) ? file : { path, fd: file.fd, row: file.written }
  }

  async abort(bucket: FileBucket, of: UploadName): Promise<ObjectRefusal | undefined> {
    return bucket.tree.locks.run(lockOf(of), async () => {
      if (!this.#find(bucket, of)) return noSuchUpload(of)
      await this.#parts.index.commit({ kind: 'removeUpload', uploadId: of.uploadId })
      await removeUploadDirectory(directoryOf(bucket, of.uploadId))
      return undefined
    })
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
