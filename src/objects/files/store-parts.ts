/** What all rooms of the store share. */

import type { BucketSettings } from '../bucket-settings.ts'
import type { VersionOrder } from '../version-id.ts'
import type { DigestThreads } from './digest-threads.ts'
import type { PassObjectFailpoint } from './failpoints.ts'
import type { FreeSpace } from './free-space.ts'
import type { ObjectAttributes } from './object-attributes.ts'
import type { ObjectIndex } from './object-index.ts'

export interface StoreParts {
  readonly index: ObjectIndex
  /** Absent: what is said of objects is in the index alone. */
  readonly attributes?: ObjectAttributes | undefined
  readonly space: FreeSpace
  readonly threads: DigestThreads
  readonly now: () => number
  readonly smallestPartBytes: number
  readonly pass: PassObjectFailpoint
  /** Asks for the entity tag of a file that nobody has read yet. */
  readonly readLater: (bucketId: number, key: string, versionId?: string) => void
  readonly settings: (bucket: string) => BucketSettings
  readonly order: VersionOrder
}
