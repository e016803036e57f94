/** Tags are added or replaced; https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
import { tagEntity } from '../../../../access/identities/tags.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'
import { givenTags } from './given-tags.ts'
import { findTagged, type Tagged } from './tagged.ts'

export const tagUser = defineOperation('iam', 'TagUser', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ UserName: name, Tags }, context) => tag(context, { kind: 'user', name }, Tags),
})

export const tagRole = defineOperation('iam', 'TagRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName: name, Tags }, context) => tag(context, { kind: 'role', name }, Tags),
})

export const tagPolicy = defineOperation('iam', 'TagPolicy', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle: ({ PolicyArn: arn, Tags }, context) => tag(context, { kind: 'policy', arn }, Tags),
})

function tag(context: RequestContext, of: Tagged, tags: readonly Iam.Tag[]) {
  const changed = change(context, (known, { account }) => {
    const entity = findTagged(known, account, of)
    return entity.kind === 'refusal' ? entity : tagEntity(entity, givenTags(tags))
  })
  return isRefusal(changed) ? changed : undefined
}
