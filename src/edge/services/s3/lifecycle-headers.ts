/** The headers that tell clients when something expires, and by which rule. */
import { type AgingObject, type Expiry, expiryOf, expiryOfUpload } from '../../../objects/lifecycle/expiry.ts'
import type { ObjectStore, Upload, VersionName } from '../../../objects/object-store.ts'

type Headers = Readonly<Record<string, string>>

/** There are no transitions, so it is what S3 has where nobody says anything. Terraform waits for it. */
export const minimumSizeHeader: Headers = {
  'x-amz-transition-default-minimum-object-size': 'all_storage_classes_128K',
}

/** Of current objects. A version that is asked for by its id ends by other rules, as in S3. */
export function expirationHeader(
  objects: Pick<ObjectStore, 'settings'>,
  { bucket, versionId }: Pick<VersionName, 'bucket' | 'versionId'>,
  object: AgingObject,
): Headers {
  const { lifecycle } = objects.settings(bucket)
  const expiry = lifecycle && versionId === undefined ? expiryOf(lifecycle, object) : undefined
  return expiry ? { 'x-amz-expiration': `expiry-date="${dateOf(expiry)}", rule-id="${ruleOf(expiry)}"` } : {}
}

/** When an upload in parts is given up. */
export function abortHeaders(objects: Pick<ObjectStore, 'settings'>, upload: Upload): Headers {
  const expiry = expiryOfUpload(objects.settings(upload.bucket).lifecycle ?? [], upload)
  return expiry ? { 'x-amz-abort-date': dateOf(expiry), 'x-amz-abort-rule-id': ruleOf(expiry) } : {}
}

function dateOf({ atMs }: Expiry): string {
  return new Date(atMs).toUTCString()
}

function ruleOf({ ruleId }: Expiry): string {
  return encodeURIComponent(ruleId.toWellFormed())
}
