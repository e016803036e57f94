/**
 * The checksums that S3 keeps of objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export type ChecksumKind = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256'

export interface Checksum {
  readonly kind: ChecksumKind
  /** Base64, big-endian. A composite one has `-` and the number of parts behind it. */
  readonly value: string
  readonly type: 'COMPOSITE' | 'FULL_OBJECT'
}
