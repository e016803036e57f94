/** What a driver that fetches images can do with them, beyond running jobs from them. */
export interface DriverImages {
  /** Throws `DriverUnavailable`. */
  list(): Promise<ImageListing>
  /**
   * Fetches the image, whatever is there already. Calls for one image share a pull with each other
   * and with jobs that wait for it. Aborting the signal gives up the wait, and ends the pull if
   * nobody else waits. `onProgress` gets a phrase such as `is being pulled: 12 of 40 MiB`. Throws
   * `DriverUnavailable`.
   */
  pull(image: string, how: PullOptions): Promise<PullOutcome>
  /** Removes unused images, the least recently used first. Throws `DriverUnavailable`. */
  prune(wish: PruneWish): Promise<Pruning>
  /** Never waits. */
  figures(): ImageFigures
}

export interface ImageListing {
  readonly images: readonly ListedImage[]
  /** What all images take together, each shared layer counted once. Absent if the engine does not say. */
  readonly diskBytes?: number
  /** A phrase for each pull under way: `docker.io/library/busybox:1 is being pulled`. */
  readonly pulls: readonly string[]
}

export interface ListedImage {
  readonly imageId: string
  /** In full, as in `docker.io/library/busybox:1`. None for an image whose name went to another. */
  readonly names: readonly string[]
  /** The names by digest that it has beside a tag, in full. */
  readonly digests?: readonly string[]
  /** All its layers. */
  readonly bytes: number
  /** The part in layers that other images have too. Absent if the engine does not say. */
  readonly sharedBytes?: number
  /** Containers that were made from it, whoever made them. */
  readonly containers: number
  /** Whether all its names came by pulls of this driver. */
  readonly pulledHere: boolean
  readonly pulledAtMs?: number
  /** The last time a job was started from it, or was seen to run from it. */
  readonly lastUsedAtMs?: number
  readonly createdAtMs: number
  /** Whether it is being pulled, or jobs that are being started need it. */
  readonly isWanted: boolean
}

export interface PullOptions {
  readonly registryAuth?: { readonly username: string; readonly password: string } | undefined
  readonly signal: AbortSignal
  readonly onProgress?: (progress: string) => void
}

/** `reason` is AWS's: `CannotPullContainerError: …`. */
export type PullOutcome = { readonly kind: 'pulled' } | { readonly kind: 'failed'; readonly reason: string }

export interface PruneWish {
  /** Since the pull, and since the last use. */
  readonly minimumAgeMs: number
  readonly most: number
  /** Removes only while less than this is free on the disk of the images. Absent: in any case. */
  readonly whileFreeBelowBytes?: number
  /** Whether images that this driver did not pull are removed too. */
  readonly untracked: boolean
  /** Images that stay, by name. */
  readonly exclude: readonly string[]
  /** Only says what would be removed. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

export interface Pruning {
  readonly removed: readonly RemovedImage[]
  /** Images that could have been removed as well: `most` were. */
  readonly more: number
  /** Why nothing, or no more, was removed, where that is not plain from the images. */
  readonly why?: string
}

export interface RemovedImage {
  readonly imageId: string
  readonly names: readonly string[]
  /** What no other image shares, so at least this much is free now. All its bytes if that is not known. */
  readonly bytes: number
}

/** Since the driver was made. */
export interface ImageFigures {
  readonly pulled: number
  readonly failed: number
  readonly underWay: number
  readonly fetchedBytes: number
  readonly seconds: number
  readonly removed: number
  /** Of the last listing. */
  readonly images?: number
  readonly diskBytes?: number
}
