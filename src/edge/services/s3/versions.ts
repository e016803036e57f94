/** What answers say of versions. */
import type { ObjectRefusal } from '../../../objects/object-refusal.ts'

/** Absent in a bucket that never had versioning. */
export function versionHeader({ versionId }: { readonly versionId?: string }): Record<string, string> {
  return versionId === undefined ? {} : { 'x-amz-version-id': versionId }
}

/** The version that a copy is of. */
export function sourceVersionHeader(versionId: string | undefined): Record<string, string> {
  return versionId === undefined ? {} : { 'x-amz-copy-source-version-id': versionId }
}

/** What an answer says of the delete marker that was found instead of an object. */
export function markerHeaders({ deleteMarker, code }: ObjectRefusal): Record<string, string> {
  if (!deleteMarker) return {}
  const { versionId, lastModifiedMs } = deleteMarker
  return {
    ...{ 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId },
    ...(code === 'MethodNotAllowed' && { allow: 'DELETE', 'last-modified': new Date(lastModifiedMs).toUTCString() }),
  }
}
