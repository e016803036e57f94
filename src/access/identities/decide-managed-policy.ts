/**
 * Decides changes of managed policies and their versions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
 */
import { limits } from '../../model/limits.ts'
import { shippedPolicyNames } from '../policy/shipped.ts'
import { idOf } from './arn.ts'
import { checkDescription, checkDocument, checkName, checkPath, checkTags, documentSize, type Tag } from './check.ts'
import {
  accept,
  acceptRecord,
  type CheckPolicyDocument,
  type Decision,
  type Occasion,
  put,
  remove,
} from './decision.ts'
import type { ManagedPolicy, PolicyVersion } from './entities.ts'
import { type IamRefusal, iamRefusal, noPolicy, noVersion, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'
import { shippedPolicyOfId } from './shipped-policies.ts'
import { tagRecord } from './tags.ts'

export interface NewPolicy {
  readonly policyName: string
  readonly document: string
  readonly path?: string
  readonly description?: string
  readonly tags?: readonly Tag[]
}

export function createPolicy(
  known: Identities,
  { policyName, document, path = '/', description, tags = [] }: NewPolicy,
  check: CheckPolicyDocument,
  { now, randomPart }: Occasion,
): Decision<ManagedPolicy> {
  const refused =
    checkName('policyName', policyName) ??
    checkPath(path) ??
    checkDescription(description) ??
    checkTags(tags) ??
    checkManaged(document, check)
  if (refused) return refused
  if (known.isTaken('policy', policyName)) {
    const text = `A policy called ${policyName} already exists. Duplicate names are not allowed.`
    return iamRefusal('EntityAlreadyExists', text)
  }
  // A list that shows both would have the same name twice, and people would attach the wrong one.
  if (shippedPolicyNames.some((name) => name.toLowerCase() === policyName.toLowerCase())) {
    return iamRefusal('EntityAlreadyExists', `A policy called ${policyName} is part of openbatch.`)
  }
  if (known.count('policy') >= limits.managedPolicies)
    return quotaExceeded('PoliciesPerAccount', limits.managedPolicies)
  const first: PolicyVersion = { versionId: 'v1', document, createdAtMs: now }
  return acceptRecord<ManagedPolicy>({
    ...{ kind: 'policy', id: idOf('policy', randomPart), name: policyName, path, createdAtMs: now },
    ...{ tags: tagRecord(tags), defaultVersionId: 'v1', versions: [first], nextVersion: 2, updatedAtMs: now },
    ...(description === undefined ? {} : { description }),
  })
}

export function createPolicyVersion(
  known: Identities,
  { arn, document, setAsDefault }: { readonly arn: string; readonly document: string; readonly setAsDefault: boolean },
  check: CheckPolicyDocument,
  { now, account }: Occasion,
): Decision<PolicyVersion> {
  const policy = findOwnPolicy(known, account, arn)
  if (policy.kind === 'refusal') return policy
  const refused = checkManaged(document, check)
  if (refused) return refused
  const most = limits.policyVersions
  if (policy.versions.length >= most) {
    const text = `A managed policy can have up to ${most} versions. Before you create a new version, you must delete an existing version.`
    return iamRefusal('LimitExceeded', text)
  }
  const version: PolicyVersion = { versionId: `v${policy.nextVersion}`, document, createdAtMs: now }
  const next: ManagedPolicy = {
    ...policy,
    versions: [...policy.versions, version],
    nextVersion: policy.nextVersion + 1,
    updatedAtMs: now,
    ...(setAsDefault && { defaultVersionId: version.versionId }),
  }
  return accept(version, put(next))
}

/** Adds a version as the default. If there is no room, the oldest version goes. IAM has no equivalent. */
export function replaceDocument(
  known: Identities,
  { arn, document }: { readonly arn: string; readonly document: string },
  check: CheckPolicyDocument,
  occasion: Occasion,
): Decision<PolicyVersion> {
  const policy = findOwnPolicy(known, occasion.account, arn)
  if (policy.kind === 'refusal') return policy
  const room = { ...policy, versions: policy.versions.slice(-(limits.policyVersions - 1)) }
  return createPolicyVersion(known.after([put(room)]), { arn, document, setAsDefault: true }, check, occasion)
}

interface NamedVersion {
  readonly arn: string
  readonly versionId: string
}

export function setDefaultPolicyVersion(
  known: Identities,
  { arn, versionId }: NamedVersion,
  { now, account }: Occasion,
): Decision<undefined> {
  const policy = findOwnPolicy(known, account, arn)
  if (policy.kind === 'refusal') return policy
  if (!hasVersion(policy, versionId)) return noVersion(arn, versionId)
  return accept(undefined, put({ ...policy, defaultVersionId: versionId, updatedAtMs: now }))
}

export function deletePolicyVersion(
  known: Identities,
  { arn, versionId }: NamedVersion,
  { now, account }: Occasion,
): Decision<undefined> {
  const policy = findOwnPolicy(known, account, arn)
  if (policy.kind === 'refusal') return policy
  if (!hasVersion(policy, versionId)) return noVersion(arn, versionId)
  if (policy.defaultVersionId === versionId)
    return iamRefusal('DeleteConflict', 'Cannot delete the default version of a policy.')
  const versions = policy.versions.filter((version) => version.versionId !== versionId)
  return accept(undefined, put({ ...policy, versions, updatedAtMs: now }))
}

/** IAM refuses a policy with several versions. The command deletes them with it. */
export function deletePolicy(
  known: Identities,
  arn: string,
  { account }: Pick<Occasion, 'account'>,
  { withVersions }: { readonly withVersions: boolean } = { withVersions: false },
): Decision<undefined> {
  const policy = findOwnPolicy(known, account, arn)
  if (policy.kind === 'refusal') return policy
  if (known.holdersOf(policy.id).length > 0)
    return iamRefusal('DeleteConflict', 'Cannot delete a policy attached to entities.')
  if (policy.versions.length > 1 && !withVersions) {
    const text =
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."
    return iamRefusal('DeleteConflict', text)
  }
  return accept(undefined, remove(policy))
}

/** Returns the document of the default version. */
export function defaultDocument({ versions, defaultVersionId }: ManagedPolicy): string {
  return versions.find(({ versionId }) => versionId === defaultVersionId)!.document
}

/** Finds a policy of this account. Shipped policies can be attached, but not changed. */
export function findOwnPolicy(known: Identities, account: string, arn: string): ManagedPolicy | IamRefusal {
  const id = known.policyIdOf(account, arn)
  if (id === undefined) return noPolicy(arn)
  if (shippedPolicyOfId(id) !== undefined)
    return iamRefusal('UnmodifiableEntity', `Policy ${arn} is part of openbatch and cannot be changed.`)
  return known.find('policy', id)!
}

function hasVersion({ versions }: ManagedPolicy, versionId: string): boolean {
  return versions.some((version) => version.versionId === versionId)
}

/** The size first: a long document takes long to read. */
function checkManaged(document: string, check: CheckPolicyDocument): IamRefusal | undefined {
  const most = limits.managedPolicySize
  if (documentSize(document) > most) return quotaExceeded('PolicySize', most)
  return checkDocument(document, 'identity', check)
}
