/**
 * The refusals that every object store gives, in the words of S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */

import { type ObjectRefusal, objectRefusal } from './object-refusal.ts'
import type { ObjectName, UploadName, VersionName } from './object-store.ts'

export function noSuchBucket(name: string): ObjectRefusal {
  return objectRefusal('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name })
}

export function noSuchKey({ key }: ObjectName): ObjectRefusal {
  return objectRefusal('NoSuchKey', 'The specified key does not exist.', { Key: key })
}

/** The object is deleted. */
export function deletedKey(of: ObjectName, marker: Marker): ObjectRefusal {
  return { ...noSuchKey(of), deleteMarker: marker }
}

type Marker = NonNullable<ObjectRefusal['deleteMarker']>

/** A delete marker has no content. */
export function markerHasNoContent({ key }: ObjectName, marker: Marker): ObjectRefusal {
  const text = 'The specified method is not allowed against this resource.'
  const details = { Method: 'GET', ResourceType: 'DeleteMarker', Key: key }
  return { ...objectRefusal('MethodNotAllowed', text, details), deleteMarker: marker }
}

export function noSuchVersion({ key, versionId = '' }: VersionName): ObjectRefusal {
  return objectRefusal('NoSuchVersion', 'The specified version does not exist.', { Key: key, VersionId: versionId })
}

export function malformedVersionId(versionId: string, name = 'versionId'): ObjectRefusal {
  return objectRefusal('InvalidArgument', 'Invalid version id specified', {
    ArgumentName: name,
    ArgumentValue: versionId,
  })
}

export function noSuchUpload({ uploadId }: UploadName): ObjectRefusal {
  return objectRefusal(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  )
}

export function bucketExists(isOwners: boolean, name: string): ObjectRefusal {
  return isOwners
    ? objectRefusal(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        { BucketName: name },
      )
    : objectRefusal(
        'BucketAlreadyExists',
        'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
        { BucketName: name },
      )
}

export function bucketNotEmpty(name: string): ObjectRefusal {
  return objectRefusal('BucketNotEmpty', 'The bucket you tried to delete is not empty', { BucketName: name })
}

export function versionsLeft(name: string): ObjectRefusal {
  const text = 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
  return objectRefusal('BucketNotEmpty', text, { BucketName: name })
}

export function bucketReadOnly(name: string): ObjectRefusal {
  return objectRefusal('MethodNotAllowed', `The bucket ${name} can only be read.`, { BucketName: name })
}

export function entityTooLarge(mostBytes: number): ObjectRefusal {
  return objectRefusal('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    MaxSizeAllowed: String(mostBytes),
  })
}

export function rangeOutside(size: number): ObjectRefusal {
  return objectRefusal('InvalidArgument', `Range specified is not valid for source object of size: ${size}`, {
    ArgumentName: 'x-amz-copy-source-range',
  })
}
