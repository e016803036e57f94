/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
import { defineOperation } from '../../../operation.ts'
import { isBelow, pageOf } from '../page.ts'
import { allPolicies, policyAnswer } from './policy-view.ts'

/** The scope `AWS` holds what openbatch ships. Nothing is used as a permissions boundary. */
export const listPolicies = defineOperation('iam', 'ListPolicies', {
  resource: () => '*',
  handle(input, { backend: { account, identities } }) {
    const { Scope = 'All', OnlyAttached = false, PolicyUsageFilter } = input
    const known = identities.current()
    const policies = allPolicies(known, account)
      .filter(isBelow(input))
      .filter(({ scope }) => Scope === 'All' || scope === Scope)
      .filter(({ id }) => (!OnlyAttached && PolicyUsageFilter === undefined) || known.holdersOf(id).length > 0)
      .filter(() => PolicyUsageFilter !== 'PermissionsBoundary')
    const page = pageOf(policies, ({ name }) => name, input)
    return { Policies: page.items.map((policy) => policyAnswer(known, policy)), ...page.end }
  },
})
