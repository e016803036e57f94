/** The owner of a bucket and of all that is in it. Directories of the operator's have none. */
import type { Bucket } from '../../../objects/object-store.ts'

export function ownerOf({ owner }: Bucket) {
  const shown = owner === '' ? 'openbatch' : owner
  return { ID: shown, DisplayName: shown }
}
