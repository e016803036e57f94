/** Managed policies of both kinds in one form: those of the account, and those that openbatch ships. */
import { arnOf } from '../../../../access/identities/arn.ts'
import type { ManagedPolicy } from '../../../../access/identities/entities.ts'
import { type IamRefusal, noPolicy } from '../../../../access/identities/iam-refusal.ts'
import type { Identities } from '../../../../access/identities/identities.ts'
import { shippedPolicyArn, shippedPolicyId, shippedPolicyOfId } from '../../../../access/identities/shipped-policies.ts'
import { type ShippedPolicyName, shippedDocument, shippedPolicyNames } from '../../../../access/policy/shipped.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { dateOf } from '../answers.ts'

export type PolicyView = Pick<
  ManagedPolicy,
  'id' | 'name' | 'path' | 'description' | 'tags' | 'defaultVersionId' | 'versions' | 'createdAtMs' | 'updatedAtMs'
> & { readonly arn: string; readonly scope: 'Local' | 'AWS' }

/** Shipped policies have no day of their own: that of the first version with policies. */
const shippedAtMs = Date.UTC(2026, 10, 26)

function viewOfShipped(name: ShippedPolicyName): PolicyView {
  const version = { versionId: 'v1', document: shippedDocument(name), createdAtMs: shippedAtMs }
  return {
    ...{ id: shippedPolicyId(name), name, path: '/', arn: shippedPolicyArn(name), scope: 'AWS', tags: {} },
    ...{ defaultVersionId: 'v1', versions: [version], createdAtMs: shippedAtMs, updatedAtMs: shippedAtMs },
  }
}

function viewOf(account: string, policy: ManagedPolicy): PolicyView {
  return { ...policy, arn: arnOf(account, policy), scope: 'Local' }
}

export function allPolicies(known: Identities, account: string): readonly PolicyView[] {
  return [...shippedPolicyNames.map(viewOfShipped), ...known.list('policy').map((policy) => viewOf(account, policy))]
}

export function findPolicyById(known: Identities, account: string, id: string): PolicyView | undefined {
  const shipped = shippedPolicyOfId(id)
  if (shipped !== undefined) return viewOfShipped(shipped)
  const policy = known.find('policy', id)
  return policy && viewOf(account, policy)
}

export function findPolicy(known: Identities, account: string, arn: string): PolicyView | IamRefusal {
  const id = known.policyIdOf(account, arn)
  return (id === undefined ? undefined : findPolicyById(known, account, id)) ?? noPolicy(arn)
}

/** Lists leave the description out, as IAM's do. */
export function policyAnswer(known: Identities, policy: PolicyView): Iam.Policy {
  return {
    ...{ PolicyName: policy.name, PolicyId: policy.id, Arn: policy.arn, Path: policy.path },
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: known.holdersOf(policy.id).length,
    ...{ PermissionsBoundaryUsageCount: 0, IsAttachable: true },
    ...{ CreateDate: dateOf(policy.createdAtMs), UpdateDate: dateOf(policy.updatedAtMs) },
  }
}
