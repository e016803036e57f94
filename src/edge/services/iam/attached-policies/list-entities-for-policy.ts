/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
import type { Holder } from '../../../../access/identities/entities.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { isBelow, pageOf } from '../page.ts'
import { findPolicy } from '../policies/policy-view.ts'

const filters: Readonly<Record<string, Holder['kind']>> = { User: 'user', Group: 'group', Role: 'role' }

/** A page counts users, groups and roles together. Nothing is used as a permissions boundary. */
export const listEntitiesForPolicy = defineOperation('iam', 'ListEntitiesForPolicy', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle(input, { backend: { account, identities } }) {
    const { PolicyArn, EntityFilter, PolicyUsageFilter } = input
    const known = identities.current()
    const policy = findPolicy(known, account, PolicyArn)
    if (isRefusal(policy)) return policy
    const holders = known
      .holdersOf(policy.id)
      .filter(isBelow(input))
      .filter(({ kind }) => EntityFilter === undefined || filters[EntityFilter] === kind)
      .filter(() => PolicyUsageFilter !== 'PermissionsBoundary')
    const page = pageOf(holders, ({ kind, name }) => `${kind} ${name}`, input)
    const of = (kind: Holder['kind']) => page.items.filter((holder) => holder.kind === kind)
    return {
      PolicyGroups: of('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: of('user').map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: of('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...page.end,
    }
  },
})
