/**
 * Decides a request by the policies of who asks together with the policy of what is asked for, as AWS
 * does within one account: a Deny of either wins, and an Allow of either is enough.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 */
import type { PrincipalNames } from '../principal.ts'
import { type AccessDecision, evaluate, type NamedPolicy, type Request } from './evaluate.ts'

/** The decision, and whose policy made it. What nobody allows is left to the identity's. */
export type TogetherDecision = AccessDecision & { readonly basedOn: 'identity' | 'resource' }

/** A list of policies must not change: what is found in it is kept. */
export interface BothPolicies {
  readonly ofIdentity: readonly NamedPolicy[]
  /** Empty where the resource has none. */
  readonly ofResource: readonly NamedPolicy[]
}

export function evaluateTogether(
  { ofIdentity, ofResource }: BothPolicies,
  request: Request,
  names: () => PrincipalNames,
): TogetherDecision {
  const byIdentity = evaluate(ofIdentity, request)
  if (ofResource.length === 0 || byIdentity.kind === 'denied') return { ...byIdentity, basedOn: 'identity' }
  const { own, account } = names()
  const asked = (of: readonly string[]) => evaluate(ofResource, { ...request, principal: new Map([['AWS', of]]) })
  const byResource = asked([...own, ...account])
  if (byResource.kind === 'denied') return { ...byResource, basedOn: 'resource' }
  if (byIdentity.kind === 'allowed') return { ...byIdentity, basedOn: 'identity' }
  // What is allowed to the account, its identities need to be allowed too.
  const toItself = byResource.kind === 'allowed' ? asked(own) : byResource
  if (toItself.kind === 'allowed') return { ...toItself, basedOn: 'resource' }
  const nearly =
    byResource.kind === 'allowed'
      ? [{ ...byResource.by, missed: 'account' as const }]
      : byResource.kind === 'notAllowed'
        ? byResource.nearly
        : []
  return { kind: 'notAllowed', nearly: [...byIdentity.nearly, ...nearly], basedOn: 'identity' }
}
