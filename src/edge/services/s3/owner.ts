/** The owner of a bucket and of all that is in it. */
import type { Bucket } from '../../../objects/object-store.ts'

export function ownerOf({ owner }: Bucket) {
  return { ID: owner, DisplayName: owner }
}
