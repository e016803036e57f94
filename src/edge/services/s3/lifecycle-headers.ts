/** The headers that tell clients when something expires, and by which rule. */
import { type AgingObject, type Expiry, expiryOf, expiryOfUpload } from '../../../objects/lifecycle/expiry.ts'
import type { ObjectStore, Upload } from '../../../objects/object-store.ts'

type Headers = Readonly<Record<string, string>>

/** There are no transitions, so it is what S3 has where nobody says anything. Terraform waits for it. */
export const minimumSizeHeader: Headers = {
  'x-amz-transition-default-minimum-object-size': 'all_storage_classes_128K',
}

export function expirationHeader(objects: Pick<ObjectStore, 'settings'>, bucket: string, object: AgingObject): Headers {
  const expiry = expiryOf(objects.settings(bucket).lifecycle ?? [], object)
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
