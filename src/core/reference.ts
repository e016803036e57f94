/**
 * Members that are a name or an ARN, of job queues and compute environments, and the messages when
 * they lead nowhere.
 */
import { type Account, parseArn, type ResourceKind } from '../model/arn.ts'
import { isResourceName } from '../model/names.ts'
import { type Refusal, refuse } from '../model/refusal.ts'

/**
 * Returns the name, or undefined for a text that can name nothing. An ARN of another account names
 * nothing here. Its region is ignored: a server has one, and ARNs written for another region of the
 * account keep working.
 */
export function nameInReference(reference: string, kind: ResourceKind, of: Account): string | undefined {
  const arn = parseArn(reference)
  if (arn && (arn.kind !== kind || arn.account !== of.account)) return undefined
  const name = arn?.name ?? reference
  return isResourceName(name) ? name : undefined
}

export function jobQueueNotFound(reference: string): Refusal {
  return refuse(`JobQueue ${reference} not found.`)
}

/** Refuses a submission. The live text was not captured. */
export function jobQueueDisabled(name: string): Refusal {
  return refuse(`Job Queue ${name} is not in ENABLED state.`)
}

export function computeEnvironmentNotFound(reference: string): Refusal {
  return refuse(`ComputeEnvironment ${reference} not found.`)
}

export function schedulingPolicyNotFound(reference: string): Refusal {
  return refuse(`SchedulingPolicy ${reference} not found.`)
}

export function consumableResourceNotFound(reference: string): Refusal {
  return refuse(`ConsumableResource ${reference} not found.`)
}

export function serviceEnvironmentNotFound(reference: string): Refusal {
  return refuse(`ServiceEnvironment ${reference} not found.`)
}

export function quotaShareNotFound(reference: string): Refusal {
  return refuse(`QuotaShare ${reference} not found.`)
}
