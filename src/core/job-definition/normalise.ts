/**
 * A definition as DescribeJobDefinitions returns it: as registered, with AWS's empty lists, and
 * nothing invented (docs/aws §1.7, §2.3). Clients compare it with what they sent.
 */
import type {
  JobDefinition,
  RegisterJobDefinitionRequest,
  RetryAction,
  RetryStrategy,
} from '../../model/generated/batch.ts'
import { normaliseConsumables } from '../workload/consumable-list.ts'
import { definitionMember, ofDefinition } from '../workload/kinds.ts'

export interface DefinitionIdentity {
  /** With revision. */
  readonly arn: string
  readonly revision: number
}

/** Expects a request that passed `validateJobDefinition`. The result shares the unchanged parts. */
export function normaliseJobDefinition(
  request: RegisterJobDefinitionRequest,
  { arn, revision }: DefinitionIdentity,
): JobDefinition {
  const { retryStrategy, timeout, ...asGiven } = request
  return {
    ...asGiven,
    jobDefinitionArn: arn,
    revision,
    status: 'ACTIVE',
    parameters: request.parameters ?? {},
    tags: request.tags ?? {},
    containerOrchestrationType: isEks(request) ? 'EKS' : 'ECS',
    ...(isGiven(retryStrategy) && { retryStrategy: normaliseRetryStrategy(retryStrategy) }),
    ...(timeout?.attemptDurationSeconds !== undefined && { timeout }),
    ...ofDefinition(request, {}, (kind, properties) => ({ [definitionMember(kind)]: kind.normalise(properties) })),
    ...(asGiven.consumableResourceProperties && {
      consumableResourceProperties: normaliseConsumables(asGiven.consumableResourceProperties),
    }),
  }
}

/** Terraform sends actions in upper case and expects them in lower case. */
export function normaliseRetryStrategy(strategy: RetryStrategy): RetryStrategy {
  return {
    ...strategy,
    evaluateOnExit: (strategy.evaluateOnExit ?? []).map((entry) => ({
      ...entry,
      action: entry.action.toLowerCase() as RetryAction,
    })),
  }
}

/** An empty strategy counts as missing. */
export function isGiven(strategy: RetryStrategy | undefined): strategy is RetryStrategy {
  return strategy?.attempts !== undefined
}

function isEks({ eksProperties, nodeProperties }: RegisterJobDefinitionRequest): boolean {
  return Boolean(eksProperties ?? nodeProperties?.nodeRangeProperties.some((range) => range.eksProperties))
}
