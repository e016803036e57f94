import type { FileSystemMap } from './file-systems.ts'
import type { AllowedHostPath } from './host-path.ts'
import type { HostPathMap } from './host-path-map.ts'
import type { ImageRewrites } from './image-rewrite.ts'

/** The operator's grant to a compute environment: the parts of the host that jobs of ordinary users may reach. */
export interface HostAccess {
  /** Absolute paths in their shortest form. Each stands for itself and for everything below it. */
  readonly hostPaths: readonly AllowedHostPath[]
  /** Absolute paths in their shortest form. Each stands for itself alone. */
  readonly devices: readonly string[]
  /** `withheld`: a container may ask for it, and runs without it. */
  readonly privileged: boolean | 'withheld'
  readonly hostNamespaces: readonly HostNamespace[]
  /** Names of ulimits that let a process take from others: `rtprio`, `nice`. */
  readonly ulimits: readonly string[]
  /** Whether a container that has a host path may run as root, or as a user whom only its image knows. */
  readonly rootOnHostPaths: boolean
  /** Whether volumes of EFS and of S3 Files are allowed. */
  readonly fileSystems: boolean
  /** Images, and folders of images (`quay.io/lab/*`). `*` stands for all. */
  readonly images: readonly string[]
  /** Whether an image has to be named by its digest, so that it is the same one on every day. */
  readonly imagesByDigest: boolean
  /** Where host paths really are. Absent: where the shipped entries say. */
  readonly paths?: HostPathMap
  readonly fileSystemMap?: FileSystemMap
  /** Where images are pulled from. An image has to be allowed by both of its names. */
  readonly imageRewrites?: ImageRewrites
}

export type HostNamespace = 'network' | 'pid' | 'ipc'

/**
 * The tag of a compute environment that names one of the configuration's grants. Without the tag
 * the grant `default` counts.
 */
export const hostAccessTag = 'openbatch:host-access'
export const defaultHostAccess = 'default'

export const nothingOfTheHost: HostAccess = {
  ...{ hostPaths: [], devices: [], privileged: false, hostNamespaces: [], ulimits: [] },
  ...{ rootOnHostPaths: false, fileSystems: false, images: ['*'], imagesByDigest: false },
}
