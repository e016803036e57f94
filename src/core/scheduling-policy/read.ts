/** Finds scheduling policies by reference, and shows them. */
import type { SchedulingPolicy } from '../../model/account-resource.ts'
import { arn, parseOwnArn } from '../../model/arn.ts'
import type { SchedulingPolicyDetail } from '../../model/generated/batch.ts'
import type { State } from '../state/state.ts'

/** By ARN alone, as on AWS. */
export function findSchedulingPolicy(state: State, policyArn: string): SchedulingPolicy | undefined {
  const parsed = parseOwnArn(policyArn, state.account)
  return parsed?.kind === 'scheduling-policy'
    ? state.schedulingPolicies.get(arn(state.account, 'scheduling-policy', parsed.name))
    : undefined
}

/** As DescribeSchedulingPolicies shows it. */
export function describeSchedulingPolicy({ shape, tags }: SchedulingPolicy): SchedulingPolicyDetail {
  return { ...shape, tags: { ...tags } }
}
