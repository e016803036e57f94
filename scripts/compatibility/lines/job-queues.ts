/** Job queues. */
import type { Lines } from '../line.ts'

const timeLimits = 'full: the time counts anew after a restart of the server'

export const jobQueueLines: Lines = {
  CreateJobQueueRequest: {
    jobQueueName: 'full',
    priority: 'full: 0 to 1000, higher first',
    state: 'full',
    schedulingPolicyArn: 'full',
    computeEnvironmentOrder: 'full',
    serviceEnvironmentOrder: 'full: exactly one, instead of compute environments',
    jobQueueType: 'partial: must be what the environments make it: ECS, ECS_FARGATE, EKS or SAGEMAKER_TRAINING',
    tags: 'full',
    jobStateTimeLimitActions: timeLimits,
  },
  ComputeEnvironmentOrder: { order: 'full', computeEnvironment: 'full: name or ARN; shown as ARN' },
  CreateJobQueueResponse: { jobQueueName: 'full', jobQueueArn: 'full' },
  DeleteJobQueueRequest: { jobQueue: 'full: jobs still in it end with `JobQueue deleted`' },
  DescribeJobQueuesRequest: {
    jobQueues: 'full: unknown names are left out',
    maxResults: 'full: above 100 counts as 100',
    nextToken: 'full',
  },
  DescribeJobQueuesResponse: { jobQueues: 'full', nextToken: 'full' },
  GetJobQueueSnapshotRequest: { jobQueue: 'full: name or ARN' },
  GetJobQueueSnapshotResponse: {
    frontOfQueue: 'full: at most 100 jobs, in the order they will be placed',
    frontOfQuotaShares: 'absent',
    queueUtilization: 'full',
  },
  FrontOfQueueDetail: { jobs: 'full', lastUpdatedAt: 'full: this moment' },
  FrontOfQueueJobSummary: { jobArn: 'full', earliestTimeAtPosition: 'partial: since it is RUNNABLE' },
  QueueSnapshotUtilizationDetail: {
    totalCapacityUsage: 'full: in vCPUs',
    fairshareUtilization: 'full: on queues with a fair-share policy, in vCPUs; the twenty shares that hold most',
    quotaShareUtilization: 'absent',
    lastUpdatedAt: 'full: this moment',
  },
  FairshareUtilizationDetail: { activeShareCount: 'full', topCapacityUtilization: 'full: at most 20' },
  FairshareCapacityUtilization: { shareIdentifier: 'full', capacityUsage: 'full' },
  FairshareCapacityUsage: { capacityUnit: 'full: VCPU', quantity: 'full' },
  QueueSnapshotCapacityUsage: { capacityUnit: 'full', quantity: 'full' },
  JobQueueDetail: {
    jobQueueName: 'full',
    jobQueueArn: 'full',
    state: 'full',
    priority: 'full',
    computeEnvironmentOrder: 'full',
    schedulingPolicyArn: 'full: absent on FIFO queues',
    status: 'full',
    statusReason: 'full',
    serviceEnvironmentOrder: 'full',
    jobQueueType: 'full',
    tags: 'full',
    jobStateTimeLimitActions: 'full',
  },
  UpdateJobQueueRequest: {
    jobQueue: 'full',
    state: 'full: a DISABLED queue refuses new jobs; those in it go on',
    schedulingPolicyArn: 'full: a policy of the same kind in place of another',
    priority: 'full',
    computeEnvironmentOrder: 'full',
    serviceEnvironmentOrder: 'full',
    jobStateTimeLimitActions: timeLimits,
  },
  UpdateJobQueueResponse: { jobQueueName: 'full', jobQueueArn: 'full' },
}
