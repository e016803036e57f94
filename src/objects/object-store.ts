/**
 * An object store keeps buckets of objects, in the terms of S3. The implementation is `files/`,
 * where a directory is a bucket and a file is an object. Any other must pass the suite in
 * `object-store.contract.ts`.
 *
 * A call answers a client's mistake (no such bucket, a condition that does not hold) with an
 * `ObjectRefusal`. It throws only when the disk fails. Keys are texts of 1 to 1024 bytes in UTF-8.
 */
import type { TimeMs } from '../model/time.ts'
import type { BucketSettings, SettingsChange } from './bucket-settings.ts'
import type { Checksum, ChecksumKind } from './checksum.ts'
import type { ObjectRefusal } from './object-refusal.ts'
import type { Tags } from './tags.ts'

export interface ObjectStore {
  /** In the order of their names. */
  buckets(): readonly Bucket[]
  bucket(name: string): Bucket | undefined
  createBucket(name: string, owner: string): Promise<Bucket | ObjectRefusal>
  /** Refuses for a bucket that has objects or uploads, and for a directory that is served as one. */
  deleteBucket(name: string): Promise<ObjectRefusal | undefined>
  /** What is set for a bucket: nothing for one that is not there. */
  settings(bucket: string): BucketSettings
  /** Resolves when the change is durable. Buckets that can only be read have settings too. */
  changeSettings(bucket: string, change: SettingsChange): Promise<ObjectRefusal | undefined>

  /** The facts of an object, or why there are none. Reads nothing of its content. */
  head(of: VersionName, conditions?: Conditions): Promise<ObjectFacts | ObjectRefusal>
  /** Opens an object for reading. What is read is what was found, whatever is written meanwhile. Close it. */
  open(of: VersionName, conditions?: Conditions): Promise<OpenObject | ObjectRefusal>
  /**
   * Stores an object: whole and durable when this resolves, or not at all. Reads the body to its end
   * unless it refuses or throws. A body that throws stores nothing, and its error is rethrown.
   */
  put(of: ObjectName, body: Body, wanted: NewObject): Promise<StoredObject | ObjectRefusal>
  copy(from: VersionName, to: ObjectName, wanted: CopyOfObject): Promise<StoredObject | ObjectRefusal>
  /**
   * Deleting what does not exist succeeds. With versioning, an object gets a delete marker and keeps
   * its versions. With the id of a version, that version is gone, and the newest of the others becomes
   * the current one if it was.
   */
  delete(of: VersionName, conditions?: DeleteConditions): Promise<Deleted | ObjectRefusal>
  /** Replaces the tags of an object. */
  setTags(of: VersionName, tags: Tags): Promise<Tagged | ObjectRefusal>
  list(bucket: string, page: ListQuery): Promise<ListPage | ObjectRefusal>
  /**
   * Everything in a bucket, in pieces, for whoever looks at all of it. Costs less than a listing:
   * reads each directory once, and reads no file for its entity tag. What is written meanwhile may
   * be left out. A bucket that is not there has nothing.
   */
  survey(bucket: string, query: SurveyQuery): AsyncIterable<readonly SurveyedObject[]>
  /** By key, and the versions of a key from the newest on. */
  listVersions(bucket: string, page: VersionsQuery): Promise<VersionsPage | ObjectRefusal>

  createUpload(of: ObjectName, wanted: NewUpload): Promise<Upload | ObjectRefusal>
  putPart(of: UploadName, number: number, body: Body, wanted: NewPart): Promise<Part | ObjectRefusal>
  /** Part `number` becomes these bytes of an object. */
  copyPart(
    of: UploadName,
    number: number,
    from: VersionName,
    range: ByteRange | undefined,
    conditions?: Conditions,
  ): Promise<Part | ObjectRefusal>
  listParts(of: UploadName, after: number, limit: number): Promise<PartsPage | ObjectRefusal>
  listUploads(bucket: string, page: UploadsQuery): Promise<UploadsPage | ObjectRefusal>
  /** Two calls at the same time make one object, and both learn of it. */
  completeUpload(of: UploadName, wanted: CompletedUpload): Promise<StoredObject | ObjectRefusal>
  abortUpload(of: UploadName): Promise<ObjectRefusal | undefined>

  /** How many uploads are neither completed nor given up. */
  uploadsOpen(): number
  /** Removes uploads that were begun before `beforeMs`. Resolves with their number. */
  removeUploadsBefore(beforeMs: TimeMs): Promise<number>
  close(): Promise<void>
}

export interface Bucket {
  readonly name: string
  readonly createdAtMs: TimeMs
  /** The user who made it. */
  readonly owner: string
  /** Objects can only be read. */
  readonly readOnly: boolean
}

export interface ObjectName {
  readonly bucket: string
  readonly key: string
}

/** A version of an object. Without an id it is the current one. */
export interface VersionName extends ObjectName {
  /** `null` is the version that was stored without versioning. */
  readonly versionId?: string | undefined
}

export interface UploadName extends ObjectName {
  readonly uploadId: string
}

export type Body = AsyncIterable<Uint8Array>

/** From the first byte to the last one, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** The headers that a client sets on an object and gets back. */
export interface ContentHeaders {
  readonly contentType?: string
  readonly cacheControl?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly expires?: string
}

/** What a client says about an object, and a file cannot say. */
export interface ObjectDescription {
  readonly headers: ContentHeaders
  /** `x-amz-meta-…` without the prefix, in lower case. */
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Tags
}

export interface ObjectFacts extends ObjectDescription {
  readonly key: string
  /** Absent in a bucket that never had versioning. */
  readonly versionId?: string
  readonly size: number
  readonly lastModifiedMs: TimeMs
  /** Without quotes. 32 hexadecimal digits are the MD5 of the content; a value with `-` is not. */
  readonly etag: string
  /** Absent if nobody computed one. */
  readonly checksum?: Checksum
  /** The parts of an object that was uploaded in parts. */
  readonly parts?: readonly PartFacts[]
}

export interface PartFacts {
  readonly number: number
  readonly size: number
  readonly checksum?: string
}

export interface OpenObject {
  readonly facts: ObjectFacts
  /**
   * The bytes of the range, in pieces of moderate size. A piece may change once the next one is asked
   * for. Throws if the file became shorter.
   */
  read(range?: ByteRange): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** RFC 9110 §13; the precedence is S3's. Entity tags are without quotes; `*` is any. Times are to the second. */
export interface Conditions {
  readonly ifMatch?: readonly string[]
  readonly ifNoneMatch?: readonly string[]
  readonly ifModifiedSinceMs?: TimeMs
  readonly ifUnmodifiedSinceMs?: TimeMs
  /** The mark of a survey. Deletes the object only if nothing was written in its place since. */
  readonly ifMark?: string
}

export interface NewObject extends ObjectDescription {
  /** `If-Match` and `If-None-Match` against what is there when the object takes its place. */
  readonly conditions?: Conditions
  /** Refused with BadDigest if the content has another one. */
  readonly expected?: ExpectedDigests
  /** The checksum to compute and keep. */
  readonly checksum?: ChecksumKind
}

export interface ExpectedDigests {
  /** Bytes of the whole content. */
  readonly size?: number
  /** Base64. */
  readonly md5?: string
  /** May become known only when the body has ended, as a trailer does. */
  readonly checksum?: () => Checksum | undefined
}

export interface StoredObject {
  readonly facts: ObjectFacts
  /** The version that was copied. Absent in a bucket that never had versioning. */
  readonly sourceVersionId?: string
}

export interface CopyOfObject {
  /** Of the source. */
  readonly sourceConditions?: Conditions
  /** Of the target. */
  readonly conditions?: Conditions
  /** Absent: those of the source. */
  readonly description?: ObjectDescription
  /** Absent: those of the source, or of the description. */
  readonly tags?: Tags
  readonly checksum?: ChecksumKind
}

export interface DeleteConditions extends Conditions {
  /** Deletes the version only if it has not been the current one since this time. */
  readonly ifNoncurrentSinceMs?: TimeMs
}

export interface Deleted {
  /** Whether there was something to delete. */
  readonly existed: boolean
  /** The version that is gone, or the delete marker that was made. Absent in a bucket that never had versioning. */
  readonly versionId?: string
  /** A delete marker was made, or is the version that is gone. */
  readonly isDeleteMarker?: boolean
}

export interface Tagged {
  readonly versionId?: string
}

export interface ListQuery {
  readonly prefix: string
  /** Keys that have it behind the prefix are folded into common prefixes. */
  readonly delimiter: string
  /** The first key or common prefix of the page is after this, in the order of UTF-8 bytes. */
  readonly after: string
  /** Keys and common prefixes together. */
  readonly limit: number
}

export interface ListPage {
  readonly objects: readonly Pick<ObjectFacts, 'key' | 'size' | 'lastModifiedMs' | 'etag' | 'checksum'>[]
  readonly commonPrefixes: readonly string[]
  /** The last key or common prefix of the page, if there are more. */
  readonly next: string | undefined
}

export interface SurveyQuery {
  readonly prefix: string
  /** Whether the tags are needed. Without them, each object has none. */
  readonly withTags: boolean
}

export interface SurveyedObject extends Pick<ObjectFacts, 'key' | 'size' | 'lastModifiedMs' | 'tags'> {
  /** Another one whenever the object is written. */
  readonly mark: string
}

export interface VersionsQuery {
  readonly prefix: string
  readonly delimiter: string
  /** The page begins behind this key or common prefix. */
  readonly afterKey: string
  /** The page begins behind this version of `afterKey`. Empty: all of its versions are on earlier pages. */
  readonly afterVersionId: string
  /** Versions, delete markers and common prefixes together. */
  readonly limit: number
}

export interface VersionsPage {
  readonly versions: readonly ListedVersion[]
  readonly commonPrefixes: readonly string[]
  /** Where the next page begins, if there is one. A common prefix has no version. */
  readonly next: { readonly key: string; readonly versionId?: string } | undefined
}

export type ListedVersion = ListedContent | ListedMarker

interface OfVersion {
  readonly key: string
  readonly versionId: string
  /** What is read without an id: content, or that the object is deleted. */
  readonly isLatest: boolean
  readonly lastModifiedMs: TimeMs
  /** When a newer version took its place. Absent for the latest. */
  readonly noncurrentSinceMs?: TimeMs
}

export interface ListedContent extends OfVersion, Pick<ObjectFacts, 'size' | 'etag' | 'checksum'> {
  readonly isDeleteMarker: false
}

export interface ListedMarker extends OfVersion {
  readonly isDeleteMarker: true
}

export interface NewUpload extends ObjectDescription {
  readonly owner: string
  readonly checksum?: ChecksumKind
  /** Whether the checksum is of the whole object, or of the checksums of its parts. */
  readonly checksumType?: 'COMPOSITE' | 'FULL_OBJECT'
}

export interface Upload extends UploadName {
  readonly owner: string
  readonly startedAtMs: TimeMs
  readonly checksum?: ChecksumKind
  readonly checksumType?: 'COMPOSITE' | 'FULL_OBJECT'
}

export interface NewPart {
  readonly expected?: ExpectedDigests
  readonly checksum?: ChecksumKind
}

export interface Part extends PartFacts {
  readonly etag: string
  readonly lastModifiedMs: TimeMs
}

export interface PartsPage {
  readonly upload: Upload
  readonly parts: readonly Part[]
  readonly more: boolean
}

export interface UploadsQuery {
  readonly prefix: string
  readonly delimiter: string
  readonly afterKey: string
  /** Among the uploads of `afterKey`. */
  readonly afterUploadId: string
  readonly limit: number
}

export interface UploadsPage {
  readonly uploads: readonly Upload[]
  readonly commonPrefixes: readonly string[]
  readonly more: boolean
}

export interface CompletedUpload {
  /** In the order of their numbers. */
  readonly parts: readonly { readonly number: number; readonly etag: string; readonly checksum?: string }[]
  readonly conditions?: Conditions
  /** Of the whole object, base64. */
  readonly checksum?: Checksum
  /** Bytes of the whole object. */
  readonly size?: number
}
