/** What S3 demands of the names of buckets, of keys, metadata and tags. */
import { limits } from '../model/limits.ts'
import { type ObjectRefusal, objectRefusal } from './object-refusal.ts'
import type { ObjectDescription } from './object-store.ts'
import type { Tags } from './tags.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function refusalOfBucketName(name: string): ObjectRefusal | undefined {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3)$/.test(name)
  return isValid
    ? undefined
    : objectRefusal('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name })
}

export function refusalOfKey(key: string): ObjectRefusal | undefined {
  const bytes = Buffer.byteLength(key)
  if (bytes === 0) return objectRefusal('InvalidArgument', 'The key is empty.')
  if (bytes > limits.objectKeyBytes)
    return objectRefusal('KeyTooLongError', 'Your key is too long', {
      Size: String(bytes),
      MaxSizeAllowed: String(limits.objectKeyBytes),
    })
  if (key.includes('\0') || !key.isWellFormed())
    return objectRefusal('InvalidArgument', 'The key is not a text in UTF-8 without NUL.', { Key: key.toWellFormed() })
  if (isHidden(key))
    return objectRefusal('InvalidArgument', `Keys below ${hiddenName}/ are kept for the server.`, { Key: key })
  return undefined
}

/** The directory in a bucket that holds no objects. */
export const hiddenName = '.openbatch'

export function isHidden(path: string): boolean {
  return path === hiddenName || path.startsWith(`${hiddenName}/`)
}

export function refusalOfDescription({ metadata, tags }: ObjectDescription): ObjectRefusal | undefined {
  const bytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
  if (bytes > limits.objectMetadataBytes)
    return objectRefusal('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(bytes),
      MaxSizeAllowed: String(limits.objectMetadataBytes),
    })
  return refusalOfTags(tags)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
export function refusalOfTags(tags: Tags): ObjectRefusal | undefined {
  return Object.keys(tags).length > limits.objectTags
    ? objectRefusal('InvalidTag', `Object tags cannot be greater than ${limits.objectTags}`)
    : refusalOfEachTag(tags)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html */
export function refusalOfBucketTags(tags: Tags): ObjectRefusal | undefined {
  return Object.keys(tags).length > limits.bucketTags
    ? objectRefusal('InvalidTag', `Bucket tag count cannot be greater than ${limits.bucketTags}`)
    : refusalOfEachTag(tags)
}

function refusalOfEachTag(tags: Tags): ObjectRefusal | undefined {
  for (const [key, value] of Object.entries(tags)) {
    if (key === '' || key.length > limits.tagKeyLength || !isTagText(key) || key.startsWith('aws:'))
      return objectRefusal('InvalidTag', 'The TagKey you have provided is invalid', { TagKey: key })
    if (value.length > limits.tagValueLength || !isTagText(value))
      return objectRefusal('InvalidTag', 'The TagValue you have provided is invalid', { TagKey: key, TagValue: value })
  }
  return undefined
}

function isTagText(text: string): boolean {
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)
}
