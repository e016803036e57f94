/**
 * The errors of S3 that an object store finds, with their HTTP status.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import type { TimeMs } from '../model/time.ts'

export const objectRefusals = {
  BadDigest: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  /** S3 has no such code: a disk is never full there. The status is WebDAV's (RFC 4918 §11.5). */
  InsufficientStorage: 507,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidObjectState: 403,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidTag: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotModified: 304,
  OperationAborted: 409,
  PreconditionFailed: 412,
} as const

export type ObjectRefusalCode = keyof typeof objectRefusals

export interface ObjectRefusal {
  readonly kind: 'objectRefusal'
  readonly code: ObjectRefusalCode
  readonly message: string
  /** Further elements of the error: `BucketName`, `Key`, `Condition`. */
  readonly details?: Readonly<Record<string, string>>
  /** The delete marker that was found instead of an object. */
  readonly deleteMarker?: { readonly versionId: string; readonly lastModifiedMs: TimeMs }
}

export function objectRefusal(
  code: ObjectRefusalCode,
  message: string,
  details?: ObjectRefusal['details'],
): ObjectRefusal {
  return { kind: 'objectRefusal', code, message, ...(details && { details }) }
}

export function isObjectRefusal(value: unknown): value is ObjectRefusal {
  return typeof value === 'object' && value !== null && (value as ObjectRefusal).kind === 'objectRefusal'
}
