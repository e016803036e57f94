/** Tags are taken away; https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
import { untagEntity } from '../../../../access/identities/tags.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'
import { findTagged, type Tagged } from './tagged.ts'

export const untagUser = defineOperation('iam', 'UntagUser', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ UserName: name, TagKeys }, context) => untag(context, { kind: 'user', name }, TagKeys),
})

export const untagRole = defineOperation('iam', 'UntagRole', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: ({ RoleName: name, TagKeys }, context) => untag(context, { kind: 'role', name }, TagKeys),
})

export const untagPolicy = defineOperation('iam', 'UntagPolicy', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle: ({ PolicyArn: arn, TagKeys }, context) => untag(context, { kind: 'policy', arn }, TagKeys),
})

/** Keys that are not there are passed over. */
function untag(context: RequestContext, of: Tagged, keys: readonly string[]) {
  const changed = change(context, (known, { account }) => {
    const entity = findTagged(known, account, of)
    return entity.kind === 'refusal' ? entity : untagEntity(entity, keys)
  })
  return isRefusal(changed) ? changed : undefined
}
