/**
 * Whether an object may be read or written under the conditions of a request (RFC 9110 §13).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { noSuchKey } from './known-refusals.ts'
import { type ObjectRefusal, objectRefusal } from './object-refusal.ts'
import type { Conditions, ObjectFacts, ObjectName } from './object-store.ts'

interface Found extends Pick<ObjectFacts, 'etag' | 'lastModifiedMs'> {
  /** An earlier entity tag of the same content. */
  readonly earlierEtag?: string
}

interface Marked extends Found {
  readonly mark: string
}

/** Why an object that is there is not read. */
export function refusalOfRead(found: Found, conditions: Conditions | undefined): ObjectRefusal | undefined {
  if (!conditions) return undefined
  const { ifMatch, ifNoneMatch, ifModifiedSinceMs, ifUnmodifiedSinceMs } = conditions
  if (ifMatch) {
    if (!matches(ifMatch, found)) return failed('If-Match')
  } else if (ifUnmodifiedSinceMs !== undefined && seconds(found.lastModifiedMs) > seconds(ifUnmodifiedSinceMs))
    return failed('If-Unmodified-Since')
  if (ifNoneMatch) {
    if (matches(ifNoneMatch, found)) return notModified(found)
  } else if (ifModifiedSinceMs !== undefined && seconds(found.lastModifiedMs) <= seconds(ifModifiedSinceMs))
    return notModified(found)
  return undefined
}

/** The same for the source of a copy. Nothing is copied, so S3 has no 304 here. */
export function refusalOfSource(found: Found, conditions: Conditions | undefined): ObjectRefusal | undefined {
  const refusal = refusalOfRead(found, conditions)
  return refusal?.code === 'NotModified'
    ? failed(conditions?.ifNoneMatch ? 'x-amz-copy-source-If-None-Match' : 'x-amz-copy-source-If-Modified-Since')
    : refusal
}

/** Why an object is not written where `found` is, or where there is none. */
export function refusalOfWrite(
  of: ObjectName,
  found: Found | undefined,
  conditions: Conditions | undefined,
): ObjectRefusal | undefined {
  if (conditions?.ifMatch) {
    if (!found) return noSuchKey(of)
    if (!matches(conditions.ifMatch, found)) return failed('If-Match')
  }
  if (conditions?.ifNoneMatch && found && matches(conditions.ifNoneMatch, found)) return failed('If-None-Match')
  return undefined
}

/** Why an object is not deleted. What is not there may always be deleted. */
export function refusalOfDelete(
  found: Marked | undefined,
  conditions: Conditions | undefined,
): ObjectRefusal | undefined {
  if (!found || !conditions) return undefined
  const { ifMatch, ifMark } = conditions
  if (ifMatch && !matches(ifMatch, found)) return failed('If-Match')
  return ifMark !== undefined && ifMark !== found.mark ? failed('the object of the survey') : undefined
}

function matches(wanted: readonly string[], { etag, earlierEtag }: Found): boolean {
  return wanted.some((one) => one === '*' || one === etag || one === earlierEtag)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function failed(condition: string): ObjectRefusal {
  return objectRefusal('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  })
}

/** An answer without a body, but with the entity tag. */
function notModified({ etag }: Found): ObjectRefusal {
  return objectRefusal('NotModified', 'Not Modified', { ETag: etag })
}
