/** Tags in pages; https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { tagsOf } from '../answers.ts'
import { type PageRequest, pageOf } from '../page.ts'
import { findPolicy } from '../policies/policy-view.ts'
import { arnOfHolder } from '../resources.ts'
import { findTagged, type Tagged } from './tagged.ts'

export const listUserTags = defineOperation('iam', 'ListUserTags', {
  resource: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: (input, context) => tagsOfPage(context, { kind: 'user', name: input.UserName }, input),
})

export const listRoleTags = defineOperation('iam', 'ListRoleTags', {
  resource: ({ RoleName }, context) => arnOfHolder(context, 'role', RoleName),
  handle: (input, context) => tagsOfPage(context, { kind: 'role', name: input.RoleName }, input),
})

export const listPolicyTags = defineOperation('iam', 'ListPolicyTags', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle: (input, context) => tagsOfPage(context, { kind: 'policy', arn: input.PolicyArn }, input),
})

function tagsOfPage({ backend: { account, identities } }: RequestContext, of: Tagged, input: PageRequest) {
  const known = identities.current()
  const entity = of.kind === 'policy' ? findPolicy(known, account, of.arn) : findTagged(known, account, of)
  if (isRefusal(entity)) return entity
  const page = pageOf(tagsOf(entity.tags), ({ Key }) => Key, input)
  return { Tags: page.items, ...page.end }
}
