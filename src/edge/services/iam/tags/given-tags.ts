/** Tags of a request, as decisions take them. */
import type { Tag } from '../../../../access/identities/check.ts'
import type * as Iam from '../../../../model/generated/iam.ts'

export function givenTags(tags: readonly Iam.Tag[] = []): Tag[] {
  return tags.map(({ Key: key, Value: value }) => ({ key, value }))
}
