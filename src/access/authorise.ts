/**
 * Who may do what. One table, one function, asked once for every request; policies, when they come, are evaluated here.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
import type { Refusal } from '../model/refusal.ts'
import { type Principal, type Role, userArn } from './principal.ts'

/** The least role for an action. `onlyOn`: a user may act on these kinds of resource only, an administrator on all. */
type Rule = { readonly role: Role; readonly onlyOn?: readonly string[] }

const admin: Rule = { role: 'admin' }
const user: Rule = { role: 'user' }
/** Tags of a compute environment choose its driver, so those of what administrators make are theirs. */
const ownTags: Rule = { role: 'user', onlyOn: ['job', 'job-definition', 'service-job'] }

export const rules: Readonly<Record<string, Rule>> = {
  'batch:CancelJob': user,
  'batch:CancelJobs': user,
  'batch:CreateComputeEnvironment': admin,
  'batch:CreateConsumableResource': admin,
  'batch:CreateJobQueue': admin,
  'batch:CreateQuotaShare': admin,
  'batch:CreateSchedulingPolicy': admin,
  'batch:CreateServiceEnvironment': admin,
  'batch:DeleteComputeEnvironment': admin,
  'batch:DeleteConsumableResource': admin,
  'batch:DeleteJobQueue': admin,
  'batch:DeleteQuotaShare': admin,
  'batch:DeleteSchedulingPolicy': admin,
  'batch:DeleteServiceEnvironment': admin,
  'batch:DeregisterJobDefinition': user,
  'batch:DescribeComputeEnvironments': user,
  'batch:DescribeConsumableResource': user,
  'batch:DescribeJobDefinitions': user,
  'batch:DescribeJobQueues': user,
  'batch:DescribeJobs': user,
  'batch:DescribeQuotaShare': user,
  'batch:DescribeSchedulingPolicies': user,
  'batch:DescribeServiceEnvironments': user,
  'batch:DescribeServiceJob': user,
  'batch:GetJobQueueSnapshot': user,
  'batch:ListConsumableResources': user,
  'batch:ListJobs': user,
  'batch:ListJobsByConsumableResource': user,
  'batch:ListQuotaShares': user,
  'batch:ListSchedulingPolicies': user,
  'batch:ListServiceJobs': user,
  'batch:ListTagsForResource': user,
  'batch:RegisterJobDefinition': user,
  'batch:SubmitJob': user,
  'batch:SubmitServiceJob': user,
  'batch:TagResource': ownTags,
  'batch:TerminateJob': user,
  'batch:TerminateJobs': user,
  'batch:TerminateServiceJob': user,
  'batch:TerminateServiceJobs': user,
  'batch:UntagResource': ownTags,
  'batch:UpdateComputeEnvironment': admin,
  'batch:UpdateConsumableResource': admin,
  'batch:UpdateJobQueue': admin,
  'batch:UpdateQuotaShare': admin,
  'batch:UpdateSchedulingPolicy': admin,
  'batch:UpdateServiceEnvironment': admin,
  'batch:UpdateServiceJob': user,
  'logs:DescribeLogGroups': user,
  'logs:DescribeLogStreams': user,
  'logs:FilterLogEvents': user,
  'logs:GetLogEvents': user,
  'logs:StartLiveTail': user,
  'openbatch:ExplainJob': user,
  'openbatch:InterruptInstance': admin,
  'openbatch:ListHeldJobs': admin,
  'openbatch:ReleaseJob': admin,
  'openbatch:ListInstances': user,
  'openbatch:PruneJobDefinitions': admin,
  'openbatch:ReadMetrics': admin,
  'sts:GetCallerIdentity': user,
}

export type Authorisation = { readonly kind: 'allowed' } | Refusal

const allowed: Authorisation = { kind: 'allowed' }

/**
 * Whether the principal may perform the action on the resource (an ARN, or `*`). An action the table does not know is
 * denied to everybody, so that nothing new is open by oversight. The refusal is AWS's AccessDeniedException, 403.
 */
export function authorise(principal: Principal, action: string, resourceArn: string, account: string): Authorisation {
  const rule = Object.hasOwn(rules, action) ? rules[action] : undefined
  if (rule && mayUse(principal.role, rule, resourceArn)) return allowed
  const message = `User: ${userArn(account, principal.name)} is not authorized to perform: ${action} on resource: ${resourceArn}`
  return { kind: 'refusal', code: 'AccessDeniedException', message, httpStatus: 403 }
}

function mayUse(role: Role, rule: Rule, resourceArn: string): boolean {
  if (role === 'admin') return true
  if (rule.role === 'admin') return false
  return rule.onlyOn === undefined || rule.onlyOn.includes(kindOf(resourceArn))
}

/** `job-queue` of `arn:aws:batch:us-west-2:123456789012:job-queue/default`. */
function kindOf(resourceArn: string): string {
  return resourceArn.split(':').slice(5).join(':').split('/')[0] ?? ''
}
