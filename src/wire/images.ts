/** `GET /api/images`, `POST /api/images/pull` and `POST /api/images/prune`; docs/operate/images.md. */

export interface ImagesAnswer {
  readonly drivers: readonly DriverImagesAnswer[]
}

export interface DriverImagesAnswer {
  readonly driver: string
  /** `NOT_USED`: the driver runs no images, or somebody else keeps them. */
  readonly state: 'LISTED' | 'UNREACHABLE' | 'NOT_USED'
  /** Set unless the images are listed. */
  readonly why?: string
  /** The last used ones first, at most `limits.imagesShown`. */
  readonly images: readonly ImageAnswer[]
  /** How many more there are. */
  readonly more: number
  /** What all images take together, each shared layer counted once. Absent if the engine does not say. */
  readonly diskBytes?: number
  /** A phrase for each pull under way. */
  readonly pulls: readonly string[]
}

export interface ImageAnswer {
  readonly imageId: string
  /** In full, as in `docker.io/library/busybox:1`. None for an image whose name went to another. */
  readonly names: readonly string[]
  /** All its layers. */
  readonly bytes: number
  /** The part in layers that other images have too. Absent if the engine does not say. */
  readonly sharedBytes?: number
  /** Containers that were made from it, whoever made them. */
  readonly containers: number
  /** Whether openbatch pulled it, so that a clean-up may remove it. */
  readonly pulledHere: boolean
  /** ms since 1970. */
  readonly pulledAtMs?: number
  readonly lastUsedAtMs?: number
}

export interface PullImageAnswer {
  readonly driver: string
  /** The name under which the image is pulled. */
  readonly image: string
  /** `PULLING`: ask again. The pull goes on in any case. */
  readonly state: 'PULLED' | 'PULLING' | 'FAILED'
  /** A phrase, while the image is being pulled. */
  readonly progress?: string
  /** AWS's reason of a pull that failed. */
  readonly reason?: string
}

export interface PruneImagesAnswer {
  readonly drivers: readonly PrunedDriver[]
}

export interface PrunedDriver {
  readonly driver: string
  readonly removed: readonly RemovedImageAnswer[]
  /** Whether to call again: each call removes some. */
  readonly more: boolean
  /** Why no more was removed, where the driver says it. */
  readonly why?: string
}

export interface RemovedImageAnswer {
  readonly imageId: string
  readonly names: readonly string[]
  /** What no other image shares. */
  readonly bytes: number
}
