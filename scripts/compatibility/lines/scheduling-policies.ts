/** Scheduling policies, and the quota shares that belong to queues with one. */
import type { Lines } from '../line.ts'

const quotas = 'stored: there is no engine for the jobs it would part'
const shown = {
  quotaShareName: 'full',
  quotaShareArn: 'full',
  jobQueueArn: 'full',
  state: 'full',
  status: 'full',
} as const
const quota = {
  capacityLimits: 'stored: 1 to 5, instance types of the service environment',
  resourceSharingConfiguration: quotas,
  preemptionConfiguration: quotas,
} as const

export const schedulingPolicyLines: Lines = {
  CreateSchedulingPolicyRequest: {
    name: 'full',
    quotaSharePolicy: 'full: not beside fairsharePolicy',
    fairsharePolicy: 'full: not beside quotaSharePolicy; without either, a fair-share policy with no shares',
    tags: 'full',
  },
  QuotaSharePolicy: { idleResourceAssignmentStrategy: quotas },
  FairsharePolicy: {
    shareDecaySeconds: 'full: 0 to 604800; 0 stands for 600',
    computeReservation: 'full: 0 to 99',
    shareDistribution: 'full: at most 500',
  },
  ShareAttributes: {
    shareIdentifier: 'full: a trailing * makes it a prefix',
    weightFactor: 'full: 1 where it is absent',
  },
  CreateSchedulingPolicyResponse: { name: 'full', arn: 'full' },
  DeleteSchedulingPolicyRequest: { arn: 'full: refused while a queue refers to it' },
  DescribeSchedulingPoliciesRequest: { arns: 'full: at most 100; unknown ones are left out' },
  DescribeSchedulingPoliciesResponse: { schedulingPolicies: 'full' },
  SchedulingPolicyDetail: {
    name: 'full',
    arn: 'full',
    quotaSharePolicy: 'full',
    fairsharePolicy: 'full: with 0, 0 and an empty list where it was not given',
    tags: 'full',
  },
  ListSchedulingPoliciesRequest: { maxResults: 'full: above 100 counts as 100', nextToken: 'full' },
  ListSchedulingPoliciesResponse: { schedulingPolicies: 'full: by name', nextToken: 'full' },
  SchedulingPolicyListingDetail: { arn: 'full' },
  UpdateSchedulingPolicyRequest: {
    arn: 'full',
    quotaSharePolicy: 'full: of quota share policies only',
    fairsharePolicy: 'full: of fair-share policies only; replaced as a whole',
  },
  CreateQuotaShareRequest: {
    quotaShareName: 'full',
    jobQueue: 'full: name or ARN, of type SAGEMAKER_TRAINING with a quota share policy',
    ...quota,
    state: 'full',
    tags: 'full',
  },
  CreateQuotaShareResponse: { quotaShareName: 'full', quotaShareArn: 'full: job-queue/…/quota-share/…' },
  DeleteQuotaShareRequest: { quotaShareArn: 'full: DISABLED first' },
  DescribeQuotaShareRequest: { quotaShareArn: 'full' },
  DescribeQuotaShareResponse: { ...shown, ...quota, tags: 'full' },
  ListQuotaSharesRequest: {
    jobQueue: 'full: name or ARN',
    maxResults: 'full: above 100 counts as 100',
    nextToken: 'full',
  },
  ListQuotaSharesResponse: { quotaShares: 'full: by name', nextToken: 'full' },
  QuotaShareDetail: { ...shown, ...quota },
  UpdateQuotaShareRequest: { quotaShareArn: 'full', ...quota, state: 'full' },
  UpdateQuotaShareResponse: { quotaShareName: 'full', quotaShareArn: 'full' },
}
