/** What the answer to a copy says of its source. */
import { isObjectRefusal, type ObjectRefusal } from './object-refusal.ts'
import type { ObjectFacts, StoredObject } from './object-store.ts'

export function copiedFrom(
  stored: StoredObject | ObjectRefusal,
  { versionId }: Pick<ObjectFacts, 'versionId'>,
): StoredObject | ObjectRefusal {
  return isObjectRefusal(stored) || versionId === undefined ? stored : { ...stored, sourceVersionId: versionId }
}
