/** An object store in memory, for tests of what stands on one. */
import { randomBytes } from 'node:crypto'
import { limits } from '../model/limits.ts'
import { type BucketSettings, changedSettings, noSettings, type SettingsChange } from './bucket-settings.ts'
import type { ChecksumKind } from './checksum.ts'
import { checksumOfUpload, planCompletion, refusalOfPart } from './completion.ts'
import { refusalOfDelete, refusalOfRead, refusalOfSource, refusalOfWrite } from './conditions.ts'
import { ContentDigest, type ContentDigests, refusalOfContent } from './content-digest.ts'
import { copiedFrom } from './copied-from.ts'
import { foldUploads } from './fold-uploads.ts'
import {
  bucketExists,
  bucketNotEmpty,
  deletedKey,
  entityTooLarge,
  malformedVersionId,
  markerHasNoContent,
  noSuchBucket,
  noSuchKey,
  noSuchUpload,
  noSuchVersion,
  rangeOutside,
  versionsLeft,
} from './known-refusals.ts'
import { type Held, MemoryVersions } from './memory-versions.testing.ts'
import { isObjectRefusal, type ObjectRefusal } from './object-refusal.ts'
import { refusalOfBucketName, refusalOfDescription, refusalOfKey, refusalOfTags } from './object-rules.ts'
import type {
  Body,
  Bucket,
  ByteRange,
  CompletedUpload,
  Conditions,
  CopyOfObject,
  DeleteConditions,
  Deleted,
  ExpectedDigests,
  ListPage,
  ListQuery,
  NewObject,
  NewPart,
  NewUpload,
  ObjectFacts,
  ObjectName,
  ObjectStore,
  OpenObject,
  Part,
  PartsPage,
  StoredObject,
  SurveyedObject,
  SurveyQuery,
  Tagged,
  Upload,
  UploadName,
  UploadsPage,
  UploadsQuery,
  VersionName,
  VersionsPage,
  VersionsQuery,
} from './object-store.ts'
import type { Tags } from './tags.ts'
import { compareUtf8 } from './utf8-order.ts'
import { isVersionId } from './version-id.ts'

interface HeldUpload {
  readonly upload: Upload
  readonly wanted: NewUpload
  readonly parts: Map<number, Part & { readonly content: Buffer }>
}

interface HeldBucket {
  readonly bucket: Bucket
  settings: BucketSettings
  readonly objects: MemoryVersions
  readonly uploads: Map<string, HeldUpload>
  readonly completed: Map<string, { readonly key: string; readonly stored: StoredObject }>
}

export interface MemoryObjectStoreOptions {
  readonly now?: () => number
  readonly smallestPartBytes?: number
}

export class MemoryObjectStore implements ObjectStore {
  readonly #now: () => number
  readonly #smallestPartBytes: number
  readonly #buckets = new Map<string, HeldBucket>()
  #lastMark = 0

  constructor({ now = Date.now, smallestPartBytes = limits.uploadPartBytesMin }: MemoryObjectStoreOptions = {}) {
    this.#now = now
    this.#smallestPartBytes = smallestPartBytes
  }

  buckets(): readonly Bucket[] {
    return [...this.#buckets.values()].map(({ bucket }) => bucket).sort((a, b) => compareUtf8(a.name, b.name))
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name)?.bucket
  }

  async createBucket(name: string, owner: string): Promise<Bucket | ObjectRefusal> {
    const refusal = refusalOfBucketName(name)
    if (refusal) return refusal
    const existing = this.bucket(name)
    if (existing) return bucketExists(existing.owner === owner, name)
    const bucket = { name, owner, createdAtMs: this.#now(), readOnly: false }
    this.#buckets.set(name, {
      ...{ bucket, settings: noSettings },
      ...{ objects: new MemoryVersions(), uploads: new Map(), completed: new Map() },
    })
    return bucket
  }

  async deleteBucket(name: string): Promise<ObjectRefusal | undefined> {
    const held = this.#buckets.get(name)
    if (!held) return noSuchBucket(name)
    if (held.objects.size > 0 && held.settings.versioning) return versionsLeft(name)
    if (held.objects.size + held.uploads.size > 0) return bucketNotEmpty(name)
    this.#buckets.delete(name)
    return undefined
  }

  settings(name: string): BucketSettings {
    return this.#buckets.get(name)?.settings ?? noSettings
  }

  async changeSettings(name: string, change: SettingsChange): Promise<ObjectRefusal | undefined> {
    const held = this.#buckets.get(name)
    if (!held) return noSuchBucket(name)
    held.settings = changedSettings(held.settings, change)
    return undefined
  }

  #found(of: VersionName): Held | ObjectRefusal {
    const bucket = this.#buckets.get(of.bucket)
    if (!bucket) return noSuchBucket(of.bucket)
    const { key, versionId } = of
    const refusal = refusalOfKey(key)
    if (refusal) return refusal
    if (versionId !== undefined && !isVersionId(versionId)) return malformedVersionId(versionId)
    const found = versionId === undefined ? bucket.objects.newest(key) : bucket.objects.find(key, versionId)
    if (!found) return versionId === undefined ? noSuchKey(of) : noSuchVersion(of)
    const { versioning } = bucket.settings
    if (found.held && !versioning) return found.held
    if (found.held) return { ...found.held, facts: { ...found.held.facts, versionId: found.versionId } }
    const marker = { versionId: found.versionId, lastModifiedMs: found.madeAtMs }
    return versionId === undefined ? deletedKey(of, marker) : markerHasNoContent(of, marker)
  }

  async head(of: VersionName, conditions?: Conditions): Promise<ObjectFacts | ObjectRefusal> {
    const found = this.#found(of)
    if (isObjectRefusal(found)) return found
    return refusalOfRead(found.facts, conditions) ?? found.facts
  }

  async open(of: VersionName, conditions?: Conditions): Promise<OpenObject | ObjectRefusal> {
    const found = this.#found(of)
    if (isObjectRefusal(found)) return found
    const refusal = refusalOfRead(found.facts, conditions)
    if (refusal) return refusal
    return {
      facts: found.facts,
      async *read({ first, last }: ByteRange = { first: 0, last: found.content.length - 1 }) {
        for (let at = first; at <= last; at += 65_536) yield found.content.subarray(at, Math.min(at + 65_536, last + 1))
      },
      close: async () => {},
    }
  }

  async put(of: ObjectName, body: Body, wanted: NewObject): Promise<StoredObject | ObjectRefusal> {
    const early = this.#refusalOfPut(of, wanted)
    if (early) return early
    const received = await receive(body, wanted.checksum, wanted.expected)
    if (isObjectRefusal(received)) return received
    const { content, md5, checksum } = received
    const { headers, metadata, tags } = wanted
    return this.#store(of, content, wanted, { headers, metadata, tags, etag: md5, ...(checksum && { checksum }) })
  }

  #refusalOfPut(of: ObjectName, wanted: NewObject | NewUpload): ObjectRefusal | undefined {
    if (!this.#buckets.has(of.bucket)) return noSuchBucket(of.bucket)
    return refusalOfKey(of.key) ?? refusalOfDescription(wanted)
  }

  #store(
    of: ObjectName,
    content: Buffer,
    { conditions }: { readonly conditions?: Conditions },
    facts: Pick<ObjectFacts, 'headers' | 'metadata' | 'tags' | 'etag' | 'checksum' | 'parts'>,
  ): StoredObject | ObjectRefusal {
    const bucket = this.#buckets.get(of.bucket)
    if (!bucket) return noSuchBucket(of.bucket)
    const refusal = refusalOfWrite(of, bucket.objects.current(of.key)?.facts, conditions)
    if (refusal) return refusal
    const { headers, metadata, tags, etag, checksum, parts } = facts
    const stored: ObjectFacts = {
      ...{ key: of.key, size: content.length, lastModifiedMs: this.#now(), etag, headers, metadata, tags },
      ...(checksum && { checksum }),
      ...(parts && { parts }),
    }
    const { versioning } = bucket.settings
    const held = { facts: stored, content, mark: String(++this.#lastMark) }
    const versionId = bucket.objects.add(of.key, versioning, stored.lastModifiedMs, held)
    return { facts: { ...stored, ...(versioning && { versionId }) } }
  }

  async copy(from: VersionName, to: ObjectName, wanted: CopyOfObject): Promise<StoredObject | ObjectRefusal> {
    const found = this.#found(from)
    if (isObjectRefusal(found)) return found
    const refusal = refusalOfSource(found.facts, wanted.sourceConditions)
    if (refusal) return refusal
    if (found.content.length > limits.objectPutBytes) return entityTooLarge(limits.objectPutBytes)
    const { headers, metadata, tags } = wanted.description ?? found.facts
    const checksum = wanted.checksum ?? found.facts.checksum?.kind
    const stored = await this.put(to, bodyOf(found.content), {
      ...{ headers, metadata, tags: wanted.tags ?? tags },
      ...(wanted.conditions && { conditions: wanted.conditions }),
      ...(checksum && { checksum }),
    })
    return copiedFrom(stored, found.facts)
  }

  async delete(of: VersionName, conditions?: DeleteConditions): Promise<Deleted | ObjectRefusal> {
    const bucket = this.#buckets.get(of.bucket)
    if (!bucket) return noSuchBucket(of.bucket)
    const { key, versionId } = of
    const refusal = refusalOfKey(key)
    if (refusal) return refusal
    const refusalOf = (held: Held | undefined) =>
      refusalOfDelete(held && { ...held.facts, mark: held.mark }, conditions)
    // A mark is of an object that was there.
    if (versionId === undefined && conditions?.ifMark !== undefined && !bucket.objects.current(key))
      return { existed: false }
    if (versionId === undefined)
      return (
        refusalOf(bucket.objects.current(key)) ?? bucket.objects.delete(key, bucket.settings.versioning, this.#now())
      )
    if (!isVersionId(versionId)) return malformedVersionId(versionId)
    return bucket.objects.deleteVersion(key, versionId, conditions, refusalOf)
  }

  async setTags(of: VersionName, tags: Tags): Promise<Tagged | ObjectRefusal> {
    const found = this.#found(of)
    if (isObjectRefusal(found)) return found
    const refusal = refusalOfTags(tags)
    if (refusal) return refusal
    const { versionId } = found.facts
    const held = { ...found, facts: { ...found.facts, tags } }
    this.#buckets.get(of.bucket)!.objects.replace(of.key, of.versionId, held)
    return versionId === undefined ? {} : { versionId }
  }

  async list(name: string, query: ListQuery): Promise<ListPage | ObjectRefusal> {
    const bucket = this.#buckets.get(name)
    if (!bucket) return noSuchBucket(name)
    const keys = bucket.objects.keys()
    const { entries, more } = folded(keys, query)
    return {
      objects: entries.flatMap(({ name, isKey }) => (isKey ? bucket.objects.current(name)!.facts : [])),
      commonPrefixes: entries.flatMap(({ name, isKey }) => (isKey ? [] : name)),
      next: more ? entries.at(-1)?.name : undefined,
    }
  }

  async *survey(name: string, { prefix, withTags }: SurveyQuery): AsyncIterable<readonly SurveyedObject[]> {
    const objects = this.#buckets.get(name)?.objects
    const held = (objects?.keys() ?? []).filter((key) => key.startsWith(prefix)).map((key) => objects!.current(key)!)
    yield held.map(({ facts: { key, size, lastModifiedMs, tags }, mark }) => ({
      ...{ key, size, lastModifiedMs, mark, tags: withTags ? tags : {} },
    }))
  }

  async listVersions(name: string, query: VersionsQuery): Promise<VersionsPage | ObjectRefusal> {
    const bucket = this.#buckets.get(name)
    if (!bucket) return noSuchBucket(name)
    const { afterVersionId: after } = query
    return after === '' || isVersionId(after)
      ? bucket.objects.list(query)
      : malformedVersionId(after, 'version-id-marker')
  }

  async createUpload(of: ObjectName, wanted: NewUpload): Promise<Upload | ObjectRefusal> {
    const refusal = this.#refusalOfPut(of, wanted)
    if (refusal) return refusal
    const checksum = checksumOfUpload(wanted)
    if (isObjectRefusal(checksum)) return checksum
    const startedAtMs = this.#now()
    const uploadId = startedAtMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
    const upload = { bucket: of.bucket, key: of.key, uploadId, owner: wanted.owner, startedAtMs, ...checksum }
    this.#buckets.get(of.bucket)!.uploads.set(uploadId, { upload, wanted, parts: new Map() })
    return upload
  }

  #upload(of: UploadName): HeldUpload | ObjectRefusal {
    const bucket = this.#buckets.get(of.bucket)
    if (!bucket) return noSuchBucket(of.bucket)
    const held = bucket.uploads.get(of.uploadId)
    return held?.upload.key === of.key ? held : noSuchUpload(of)
  }

  async putPart(of: UploadName, number: number, body: Body, wanted: NewPart): Promise<Part | ObjectRefusal> {
    const held = this.#upload(of)
    if (isObjectRefusal(held)) return held
    const refusal = refusalOfPart(number, held.upload, wanted.checksum)
    if (refusal) return refusal
    const received = await receive(body, wanted.checksum ?? held.upload.checksum, wanted.expected)
    if (isObjectRefusal(received)) return received
    const { size, md5, checksum, content } = received
    const part = {
      ...{ number, size, etag: md5, lastModifiedMs: this.#now() },
      ...(held.upload.checksum && { checksum: checksum!.value }),
    }
    held.parts.set(number, { ...part, content })
    return part
  }

  async copyPart(
    of: UploadName,
    number: number,
    from: VersionName,
    range?: ByteRange,
    conditions?: Conditions,
  ): Promise<Part | ObjectRefusal> {
    const found = this.#found(from)
    if (isObjectRefusal(found)) return found
    const refusal = refusalOfSource(found.facts, conditions)
    if (refusal) return refusal
    const size = found.content.length
    if (range && (range.last >= size || range.first > range.last)) return rangeOutside(size)
    const content = range ? found.content.subarray(range.first, range.last + 1) : found.content
    return this.putPart(of, number, bodyOf(content), {})
  }

  async listParts(of: UploadName, after: number, limit: number): Promise<PartsPage | ObjectRefusal> {
    const held = this.#upload(of)
    if (isObjectRefusal(held)) return held
    const later = [...held.parts.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number)
    const parts = later.slice(0, limit).map(({ content: _, ...part }) => part)
    return { upload: held.upload, parts, more: later.length > limit }
  }

  async listUploads(name: string, query: UploadsQuery): Promise<UploadsPage | ObjectRefusal> {
    const bucket = this.#buckets.get(name)
    if (!bucket) return noSuchBucket(name)
    const uploads = [...bucket.uploads.values()]
      .map(({ upload }) => upload)
      .filter(
        ({ key, uploadId }) =>
          compareUtf8(key, query.afterKey) > 0 ||
          (key === query.afterKey && uploadId > query.afterUploadId && query.afterUploadId !== ''),
      )
      .sort((a, b) => compareUtf8(a.key, b.key) || compareUtf8(a.uploadId, b.uploadId))
    return foldUploads(uploads, query)
  }

  async completeUpload(of: UploadName, wanted: CompletedUpload): Promise<StoredObject | ObjectRefusal> {
    const bucket = this.#buckets.get(of.bucket)
    const done = bucket?.completed.get(of.uploadId)
    if (done?.key === of.key) return done.stored
    const held = this.#upload(of)
    if (isObjectRefusal(held)) return held
    const plan = planCompletion(held.upload, held.parts, wanted, this.#smallestPartBytes)
    if (isObjectRefusal(plan)) return plan
    const content = Buffer.concat(plan.parts.map(({ number }) => held.parts.get(number)!.content))
    const parts = plan.parts.map(({ number, size, checksum }) => ({ number, size, ...(checksum && { checksum }) }))
    const { etag, checksum } = plan
    const { headers, metadata, tags } = held.wanted
    const facts = { headers, metadata, tags, etag, parts, ...(checksum && { checksum }) }
    const stored = this.#store(of, content, wanted, facts)
    if (isObjectRefusal(stored)) return stored
    bucket!.uploads.delete(of.uploadId)
    bucket!.completed.set(of.uploadId, { key: of.key, stored })
    return stored
  }

  async abortUpload(of: UploadName): Promise<ObjectRefusal | undefined> {
    const held = this.#upload(of)
    if (isObjectRefusal(held)) return held
    this.#buckets.get(of.bucket)!.uploads.delete(of.uploadId)
    return undefined
  }

  uploadsOpen(): number {
    return [...this.#buckets.values()].reduce((sum, { uploads }) => sum + uploads.size, 0)
  }

  async removeUploadsBefore(beforeMs: number): Promise<number> {
    const old = [...this.#buckets.values()].flatMap(({ uploads }) =>
      [...uploads.values()]
        .filter(({ upload }) => upload.startedAtMs < beforeMs)
        .map(({ upload }) => ({ uploads, upload })),
    )
    for (const { uploads, upload } of old) uploads.delete(upload.uploadId)
    return old.length
  }

  async close(): Promise<void> {}
}

async function receive(
  body: Body,
  kind: ChecksumKind | undefined,
  expected: ExpectedDigests | undefined,
): Promise<(ContentDigests & { readonly content: Buffer }) | ObjectRefusal> {
  const digest = new ContentDigest(kind)
  const pieces: Uint8Array[] = []
  for await (const piece of body) {
    digest.update(piece)
    pieces.push(Uint8Array.from(piece))
    if (digest.size > limits.objectPutBytes) return entityTooLarge(limits.objectPutBytes)
  }
  const found = digest.end()
  return refusalOfContent(found, expected) ?? { ...found, content: Buffer.concat(pieces) }
}

async function* bodyOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

interface Entry {
  /** A key, or a common prefix. */
  readonly name: string
  readonly isKey: boolean
}

/** Folds sorted keys into common prefixes. */
function folded(
  sorted: readonly string[],
  { prefix, delimiter, after, limit }: ListQuery,
): { entries: Entry[]; more: boolean } {
  const entries: Entry[] = []
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const name = end < 0 ? key : key.slice(0, end + delimiter.length)
    if (compareUtf8(name, after) <= 0 || entries.at(-1)?.name === name) continue
    if (entries.length === limit) return { entries, more: limit > 0 }
    entries.push({ name, isKey: end < 0 })
  }
  return { entries, more: false }
}
