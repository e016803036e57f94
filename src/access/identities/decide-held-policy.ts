/**
 * Decides which policies a user, group or role has: attached ones and inline ones.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html
 */
import { limits } from '../../model/limits.ts'
import { checkDocument, checkName, documentSize } from './check.ts'
import { accept, type CheckPolicyDocument, type Decision, type Occasion, put } from './decision.ts'
import type { Holder } from './entities.ts'
import { type IamRefusal, iamRefusal, noPolicy, noSuch, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'

export interface HolderName {
  readonly kind: Holder['kind']
  readonly name: string
}

/** Accepts a policy that is already attached, as IAM does. */
export function attachPolicy(
  known: Identities,
  { to, arn }: { readonly to: HolderName; readonly arn: string },
  { account }: Pick<Occasion, 'account'>,
): Decision<undefined> {
  const holder = findHolder(known, to)
  if (holder.kind === 'refusal') return holder
  const id = known.policyIdOf(account, arn)
  if (id === undefined) return iamRefusal('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`)
  const { attachedPolicyIds } = holder
  if (attachedPolicyIds.includes(id)) return accept(undefined)
  const most = limits.attachedPolicies
  if (attachedPolicyIds.length >= most) return quotaExceeded(`PoliciesPer${quotaNames[holder.kind]}`, most)
  return accept(undefined, put({ ...holder, attachedPolicyIds: [...attachedPolicyIds, id] }))
}

export function detachPolicy(
  known: Identities,
  { from, arn }: { readonly from: HolderName; readonly arn: string },
  { account }: Pick<Occasion, 'account'>,
): Decision<undefined> {
  const holder = findHolder(known, from)
  if (holder.kind === 'refusal') return holder
  const id = known.policyIdOf(account, arn)
  if (id === undefined || !holder.attachedPolicyIds.includes(id)) return noPolicy(arn)
  const attachedPolicyIds = holder.attachedPolicyIds.filter((attached) => attached !== id)
  return accept(undefined, put({ ...holder, attachedPolicyIds }))
}

interface InlineName {
  readonly of: HolderName
  readonly policyName: string
}

/** Adds or replaces a document. IAM limits the total size of all inline documents of a holder. */
export function putInlinePolicy(
  known: Identities,
  { of, policyName, document }: InlineName & { readonly document: string },
  check: CheckPolicyDocument,
): Decision<undefined> {
  const holder = findHolder(known, of)
  if (holder.kind === 'refusal') return holder
  const most = limits.inlinePoliciesSize[holder.kind]
  const tooMuch = iamRefusal(
    'LimitExceeded',
    `Maximum policy size of ${most} bytes exceeded for ${holder.kind} ${holder.name}`,
  )
  // A long document takes long to read.
  if (documentSize(document) > most) return tooMuch
  const refused = checkName('policyName', policyName) ?? checkDocument(document, 'identity', check)
  if (refused) return refused
  const inlinePolicies = { ...holder.inlinePolicies, [policyName]: document }
  const size = Object.values(inlinePolicies).reduce((sum, each) => sum + documentSize(each), 0)
  return size > most ? tooMuch : accept(undefined, put({ ...holder, inlinePolicies }))
}

export function deleteInlinePolicy(known: Identities, { of, policyName }: InlineName): Decision<undefined> {
  const holder = findHolder(known, of)
  if (holder.kind === 'refusal') return holder
  if (!Object.hasOwn(holder.inlinePolicies, policyName)) return noSuch(`${holder.kind} policy`, policyName)
  const { [policyName]: _, ...inlinePolicies } = holder.inlinePolicies
  return accept(undefined, put({ ...holder, inlinePolicies }))
}

function findHolder(known: Identities, { kind, name }: HolderName): Holder | IamRefusal {
  return known.named(kind, name) ?? noSuch(kind, name)
}

const quotaNames = { user: 'User', group: 'Group', role: 'Role' } as const
