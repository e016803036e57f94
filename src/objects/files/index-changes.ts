/** What the index keeps, and how it changes. The main thread sends changes to the index's worker. */
import type { Checksum } from '../checksum.ts'
import type { ObjectDescription, Part, PartFacts, Upload } from '../object-store.ts'
import type { KeptVersion } from '../version-id.ts'
import type { ObjectFailpoint } from './failpoints.ts'

/** What the index says of an object's file. It holds while the file has this identity. */
export interface ObjectRow {
  readonly bucketId: number
  readonly key: string
  readonly identity: string
  /** Null until the file has its place. */
  readonly changeMark: string | null
  /** Null: nobody has read the file yet. */
  readonly etag: string | null
  readonly said: SaidOfObject
}

/** The part of a row that is kept as JSON. */
export interface SaidOfObject extends ObjectDescription {
  readonly checksum?: Checksum
  readonly parts?: readonly PartFacts[]
}

/** A version that is kept, or a delete marker. The row is advice too: there is no version without its file. */
export interface VersionRow extends KeptVersion {
  readonly bucketId: number
  readonly key: string
  /** Of its file when it was kept. */
  readonly identity: string
}

export interface BucketRow {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly createdAtMs: number
}

export interface UploadRow {
  readonly upload: Upload
  readonly bucketId: number
  readonly description: ObjectDescription
}

export interface PartRow {
  readonly uploadId: string
  /** The file in the directory of the upload, and where the part begins in it. */
  readonly file: string
  readonly offset: number
  readonly part: Part
}

/** The answer to a Complete, for one that comes later. */
export interface CompletedRow {
  readonly uploadId: string
  readonly bucketId: number
  readonly key: string
  readonly atMs: number
  /** The facts of the object, as JSON. */
  readonly facts: string
}

export type IndexChange =
  | { readonly kind: 'addBucket'; readonly row: BucketRow }
  | { readonly kind: 'removeBucket'; readonly bucketId: number }
  /** A file is about to take the place of the object. */
  | { readonly kind: 'expectObject'; readonly row: ObjectRow }
  /** It did not. */
  | { readonly kind: 'dropExpected'; readonly bucketId: number; readonly key: string; readonly identity: string }
  /** It did: other rows of the key are of files that are gone. */
  | {
      readonly kind: 'settleObject'
      readonly bucketId: number
      readonly key: string
      readonly identity: string
      readonly changeMark: string
    }
  /** What is known of a file that is in its place. */
  | { readonly kind: 'noteObject'; readonly row: ObjectRow }
  | { readonly kind: 'forgetObject'; readonly bucketId: number; readonly key: string }
  /** The file of a version was moved by the store itself, so what is known of it still holds. */
  | {
      readonly kind: 'markMoved'
      readonly bucketId: number
      readonly key: string
      readonly identity: string
      readonly changeMark: string
    }
  | { readonly kind: 'addVersion'; readonly row: VersionRow }
  /** Its file is gone. */
  | { readonly kind: 'removeVersion'; readonly row: Pick<VersionRow, 'bucketId' | 'key' | 'order' | 'identity'> }
  /** The index has all versions of the bucket. */
  | { readonly kind: 'knowVersions'; readonly bucketId: number }
  | { readonly kind: 'addUpload'; readonly row: UploadRow }
  | { readonly kind: 'putPart'; readonly row: PartRow }
  | { readonly kind: 'removeUpload'; readonly uploadId: string }
  | { readonly kind: 'completeUpload'; readonly row: CompletedRow }
  | { readonly kind: 'forgetCompleted'; readonly beforeMs: number }

/** Of the main thread to the worker. */
export type ToIndexWorker =
  | { readonly id: number; readonly changes: readonly IndexChange[]; readonly isUrgent: boolean }
  | 'close'

/** Of the worker: these commits are durable, or failed. Or it stands at a failpoint. */
export type FromIndexWorker =
  | { readonly ids: readonly number[]; readonly error?: string }
  | { readonly passing: ObjectFailpoint }

export interface IndexWorkerData {
  readonly path: string
  /** With it, the worker waits at its failpoints until the main thread has passed them. */
  readonly turn?: Int32Array | undefined
}
