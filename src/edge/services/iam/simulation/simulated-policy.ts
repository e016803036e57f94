/** Policies as a simulation asks them: parsed, with their text and the kind of their source. */

import { namedPolicies } from '../../../../access/granted-policies.ts'
import { documentSize } from '../../../../access/identities/check.ts'
import { defaultDocument } from '../../../../access/identities/decide-managed-policy.ts'
import { type IamRefusal, iamRefusal, invalidValue } from '../../../../access/identities/iam-refusal.ts'
import type { GrantedPolicy } from '../../../../access/identities/identities.ts'
import type { NamedPolicy } from '../../../../access/policy/evaluate.ts'
import { isMalformed, parsePolicyDocument } from '../../../../access/policy/policy-document.ts'
import { shippedDocument } from '../../../../access/policy/shipped.ts'
import type { Pace } from '../../../../ground/pace.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { limits } from '../../../../model/limits.ts'

export interface SimulatedPolicy {
  readonly policy: NamedPolicy
  readonly text: string
  readonly source: Iam.PolicySourceType
}

/** Empty if one of them cannot be read: then nothing is allowed. */
export function heldPolicies(granted: readonly GrantedPolicy[]): readonly SimulatedPolicy[] {
  return namedPolicies(granted).map((policy, index) => ({ policy, ...textOf(granted[index]!) }))
}

function textOf(granted: GrantedPolicy): Omit<SimulatedPolicy, 'policy'> {
  switch (granted.kind) {
    case 'inline':
      return { text: granted.document, source: granted.holder.kind }
    case 'managed':
      return { text: defaultDocument(granted.policy), source: 'user-managed' }
    case 'shipped':
      return { text: shippedDocument(granted.name), source: 'aws-managed' }
  }
}

/** Documents of the request, named as AWS names them. To read one takes longer the longer it is. */
export async function givenPolicies(
  documents: readonly string[],
  pace: Pace,
): Promise<readonly SimulatedPolicy[] | IamRefusal> {
  const policies: SimulatedPolicy[] = []
  if (documents.length > limits.simulatedPolicies)
    return invalidValue('policyInputList', `have length less than or equal to ${limits.simulatedPolicies}`)
  for (const [index, text] of documents.entries()) {
    await pace.breathe()
    if (documentSize(text) > limits.inlinePoliciesSize.role || text.length > limits.policyDocumentLength)
      return invalidValue('policyInputList', `have length less than or equal to ${limits.inlinePoliciesSize.role}`)
    const document = parsePolicyDocument(text, 'identity')
    if (isMalformed(document)) return iamRefusal('InvalidInput', document.malformed)
    policies.push({ policy: { name: `PolicyInputList.${index + 1}`, document }, text, source: 'none' })
  }
  return policies
}
