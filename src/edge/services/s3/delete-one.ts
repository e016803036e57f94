/** Deletes one object if it is the one that the client means: by its entity tag, its size or its time. */
import { isObjectRefusal, type ObjectRefusal, objectRefusal } from '../../../objects/object-refusal.ts'
import type { Deleted, ObjectStore, VersionName } from '../../../objects/object-store.ts'
import { plainEtag } from './conditions.ts'

export interface Meant {
  readonly etag?: string | undefined
  readonly size?: string | undefined
  /** In any form that a date has. */
  readonly lastModified?: string | undefined
}

export async function deleteOne(
  objects: ObjectStore,
  name: VersionName,
  { etag, size, lastModified }: Meant,
): Promise<Deleted | ObjectRefusal> {
  const ifMatch = etag === undefined ? undefined : [plainEtag(etag)]
  const { versionId } = name
  // A version does not change, so that it is looked at first is as good.
  const isLookedAt = size !== undefined || lastModified !== undefined || (ifMatch && versionId !== undefined)
  if (!isLookedAt) return objects.delete(name, ifMatch && { ifMatch })
  const found = await objects.head(name, ifMatch && { ifMatch })
  if (isObjectRefusal(found)) {
    if (found.code === 'NoSuchVersion') return { existed: false, ...(versionId !== undefined && { versionId }) }
    return found.code === 'NoSuchKey' ? { existed: false } : found
  }
  const isMeant =
    (size === undefined || Number(size) === found.size) &&
    (lastModified === undefined || seconds(Date.parse(lastModified)) === seconds(found.lastModifiedMs))
  if (!isMeant)
    return objectRefusal('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  // What was looked at is what is deleted.
  return objects.delete(name, { ifMatch: [found.etag] })
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
