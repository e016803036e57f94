/**
 * An object store on files: a bucket is a directory, and an object is the file at the key's path.
 * Files are the truth. What a file cannot say of itself is kept in an index, and holds as long as
 * the file is the one that it was said of.
 */
import { limits } from '../../model/limits.ts'
import type { BucketSettings, SettingsChange } from '../bucket-settings.ts'
import { noSuchBucket } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import type {
  Body,
  Bucket,
  ByteRange,
  CompletedUpload,
  Conditions,
  CopyOfObject,
  DeleteConditions,
  Deleted,
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
} from '../object-store.ts'
import type { Tags } from '../tags.ts'
import { VersionOrder } from '../version-id.ts'
import { BackgroundEtags } from './background-etags.ts'
import { DigestThreads } from './digest-threads.ts'
import { Directories } from './directories.ts'
import type { PassObjectFailpoint } from './failpoints.ts'
import type { FileBucket } from './file-bucket.ts'
import { FileBuckets, type ServedDirectory } from './file-buckets.ts'
import { FileDeletes } from './file-deletes.ts'
import { FileObjects } from './file-objects.ts'
import { FileUploads } from './file-uploads.ts'
import { FreeSpace } from './free-space.ts'
import { listPage } from './list-page.ts'
import { type AttributeCalls, ObjectAttributes } from './object-attributes.ts'
import { ObjectIndex } from './object-index.ts'
import { SettingsFiles } from './settings-files.ts'
import type { StoreParts } from './store-parts.ts'
import { survey } from './survey.ts'
import { VersionListing } from './version-listing.ts'

export interface FileObjectStoreOptions {
  /** Where the directories of made buckets are. */
  readonly root: string
  /** The SQLite file of the index. */
  readonly indexPath: string
  /** Where the settings of buckets are, a file each. */
  readonly settingsDirectory: string
  readonly served?: readonly ServedDirectory[]
  /** Given where what is said of objects is kept in extended attributes of their files too. */
  readonly attributes?: AttributeCalls | undefined
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void }
  readonly now?: () => number
  /** Writes are refused when less would be left on a disk. */
  readonly leastFreeBytes?: number
  readonly smallestPartBytes?: number
  readonly pass?: PassObjectFailpoint
  readonly etags?: { readonly bytesPerSecond?: number; readonly restMs?: number }
}

export class FileObjectStore implements ObjectStore {
  readonly #index: ObjectIndex
  readonly #directories = new Directories()
  readonly #threads = new DigestThreads()
  readonly #settings: SettingsFiles
  readonly #buckets: FileBuckets
  readonly #objects: FileObjects
  readonly #uploads: FileUploads
  readonly #deletes: FileDeletes
  readonly #etags: BackgroundEtags
  readonly #attributes: ObjectAttributes | undefined
  #closed: Promise<void> | undefined

  private constructor(options: FileObjectStoreOptions) {
    const { root, indexPath, log, now = Date.now, pass = () => {}, etags = {} } = options
    this.#index = new ObjectIndex(indexPath, options.pass)
    this.#etags = new BackgroundEtags({
      index: this.#index,
      bucket: (id) => this.#buckets.withId(id),
      log,
      bytesPerSecond: etags.bytesPerSecond ?? limits.etagBytesPerSecond,
      restMs: etags.restMs ?? 2000,
    })
    this.#attributes = options.attributes && new ObjectAttributes(options.attributes, log)
    const parts: StoreParts = {
      index: this.#index,
      attributes: this.#attributes,
      space: new FreeSpace(options.leastFreeBytes ?? limits.objectsLeastFreeBytes),
      threads: this.#threads,
      now,
      smallestPartBytes: options.smallestPartBytes ?? limits.uploadPartBytesMin,
      pass,
      readLater: (bucketId, key, versionId) => this.#etags.add(bucketId, key, versionId),
      settings: (bucket) => this.#settings.get(bucket),
      order: new VersionOrder(),
    }
    this.#settings = new SettingsFiles({
      directory: options.settingsDirectory,
      servedFrom: (name) => this.#buckets.servedFrom(name),
    })
    this.#buckets = new FileBuckets(root, parts, this.#directories, this.#settings)
    this.#objects = new FileObjects(parts)
    this.#uploads = new FileUploads(parts)
    this.#deletes = new FileDeletes(parts)
  }

  /** Ends what a dead server left half done, and opens the store. */
  static async open(options: FileObjectStoreOptions): Promise<FileObjectStore> {
    const store = new FileObjectStore(options)
    try {
      await store.#settings.open()
      await store.#buckets.open(options.served ?? [])
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** How often something was said of an object only in the index, though attributes were wanted. */
  get leftOutOfAttributes(): number {
    return this.#attributes?.leftOut ?? 0
  }

  /** Resolves when the entity tags of all files that were looked at are known. */
  etagsKnown(): Promise<void> {
    return this.#etags.idle()
  }

  buckets(): readonly Bucket[] {
    return this.#buckets.all()
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name)?.bucket
  }

  createBucket(name: string, owner: string): Promise<Bucket | ObjectRefusal> {
    return this.#buckets.create(name, owner)
  }

  deleteBucket(name: string): Promise<ObjectRefusal | undefined> {
    return this.#buckets.remove(name)
  }

  settings(bucket: string): BucketSettings {
    return this.#settings.get(bucket)
  }

  changeSettings(bucket: string, change: SettingsChange): Promise<ObjectRefusal | undefined> {
    return this.#settings.change(bucket, change)
  }

  /** Serves another directory as a bucket. Its files are not looked at before somebody asks for them. */
  serve(directory: ServedDirectory): Promise<ObjectRefusal | undefined> {
    return this.#buckets.serve(directory)
  }

  /** The bucket is gone when this returns. Calls that work in it can read to their end, and not write. */
  stopServing(name: string): ObjectRefusal | undefined {
    return this.#buckets.stopServing(name)
  }

  async #in<T>(name: string, work: (bucket: FileBucket) => T): Promise<Awaited<T> | ObjectRefusal> {
    const bucket = this.#buckets.get(name)
    return bucket ? bucket.use(() => work(bucket)) : noSuchBucket(name)
  }

  head(of: VersionName, conditions?: Conditions): Promise<ObjectFacts | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#objects.head(bucket, of, conditions))
  }

  open(of: VersionName, conditions?: Conditions): Promise<OpenObject | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#objects.open(bucket, of, conditions))
  }

  put(of: ObjectName, body: Body, wanted: NewObject): Promise<StoredObject | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#objects.put(bucket, of.key, body, wanted))
  }

  copy(from: VersionName, to: ObjectName, wanted: CopyOfObject): Promise<StoredObject | ObjectRefusal> {
    return this.#in(from.bucket, (source) =>
      this.#in(to.bucket, (target) => this.#objects.copy(source, from, target, to.key, wanted)),
    )
  }

  delete(
    { bucket: name, key, versionId }: VersionName,
    conditions?: DeleteConditions,
  ): Promise<Deleted | ObjectRefusal> {
    return this.#in(name, (bucket) =>
      versionId === undefined
        ? this.#deletes.deleteObject(bucket, key, conditions)
        : this.#deletes.deleteVersion(bucket, key, versionId, conditions),
    )
  }

  setTags(of: VersionName, tags: Tags): Promise<Tagged | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#objects.setTags(bucket, of.key, of.versionId, tags))
  }

  list(name: string, page: ListQuery): Promise<ListPage | ObjectRefusal> {
    return this.#in(name, (bucket) =>
      listPage(bucket.tree, this.#directories, page, (key, file) => bucket.known(key, file).facts),
    )
  }

  async *survey(name: string, query: SurveyQuery): AsyncIterable<readonly SurveyedObject[]> {
    const bucket = this.#buckets.get(name)
    if (bucket) yield* survey(bucket, this.#directories, query)
  }

  listVersions(name: string, page: VersionsQuery): Promise<VersionsPage | ObjectRefusal> {
    return this.#in(name, (bucket) => new VersionListing(bucket, this.#directories, this.#index.versions, page).page())
  }

  createUpload(of: ObjectName, wanted: NewUpload): Promise<Upload | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#uploads.create(bucket, of.key, wanted))
  }

  putPart(of: UploadName, number: number, body: Body, wanted: NewPart): Promise<Part | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#uploads.putPart(bucket, of, number, body, wanted))
  }

  copyPart(
    of: UploadName,
    number: number,
    from: VersionName,
    range: ByteRange | undefined,
    conditions?: Conditions,
  ): Promise<Part | ObjectRefusal> {
    return this.#in(from.bucket, (source) =>
      this.#in(of.bucket, (bucket) =>
        this.#uploads.copyPart(
          { bucket, of, number },
          { bucket: source, key: from.key, versionId: from.versionId, range, conditions },
        ),
      ),
    )
  }

  listParts(of: UploadName, after: number, limit: number): Promise<PartsPage | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#uploads.listParts(bucket, of, after, limit))
  }

  listUploads(name: string, page: UploadsQuery): Promise<UploadsPage | ObjectRefusal> {
    return this.#in(name, (bucket) => this.#uploads.list(bucket, page))
  }

  completeUpload(of: UploadName, wanted: CompletedUpload): Promise<StoredObject | ObjectRefusal> {
    return this.#in(of.bucket, (bucket) => this.#uploads.complete(bucket, of, wanted))
  }

  abortUpload(of: UploadName): Promise<ObjectRefusal | undefined> {
    return this.#in(of.bucket, (bucket) => this.#uploads.abort(bucket, of))
  }

  uploadsOpen(): number {
    return this.#index.countUploads()
  }

  /** In which buckets are: the one of made buckets, and those that are served. */
  directories(): readonly string[] {
    return this.#buckets.directories()
  }

  async removeUploadsBefore(beforeMs: number): Promise<number> {
    let removed = 0
    for (;;) {
      const old = this.#index.uploadsBefore(beforeMs).filter(({ bucketId }) => this.#buckets.withId(bucketId))
      if (old.length === 0) break
      for (const { upload } of old) if (!isObjectRefusal(await this.abortUpload(upload))) removed++
    }
    // Every start comes here, and a change would start the thread of the index.
    if (this.#index.hasCompleted()) this.#index.commitLater({ kind: 'forgetCompleted', beforeMs })
    return removed
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#etags.close()
    await this.#directories.close()
    await this.#threads.close()
    await this.#buckets.close()
    await this.#index.close()
  }
}
