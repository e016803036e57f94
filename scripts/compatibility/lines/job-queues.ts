/** Job queues. */
import type { Lines } from '../line.ts'

const policy = 'refused: SchedulingPolicy … not found, since policies are not built'
const services = 'refused: Service environments are not built'

export const jobQueueLines: Lines = {
  CreateJobQueueRequest: {
    jobQueueName: 'full',
    priority: 'full: 0 to 1000, higher first',
    state: 'full',
    schedulingPolicyArn: policy,
    computeEnvironmentOrder: 'full',
    serviceEnvironmentOrder: services,
    jobQueueType: 'partial: must be what the environments make it, ECS or ECS_FARGATE',
    tags: 'full',
    jobStateTimeLimitActions: 'stored: checked; no job is cancelled by them',
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
  JobQueueDetail: {
    jobQueueName: 'full',
    jobQueueArn: 'full',
    state: 'full',
    priority: 'full',
    computeEnvironmentOrder: 'full',
    schedulingPolicyArn: 'absent',
    status: 'full',
    statusReason: 'full',
    serviceEnvironmentOrder: 'absent: always an empty list',
    jobQueueType: 'full',
    tags: 'full',
    jobStateTimeLimitActions: 'stored',
  },
  UpdateJobQueueRequest: {
    jobQueue: 'full',
    state: 'full: a DISABLED queue refuses new jobs; those in it go on',
    schedulingPolicyArn: 'refused: a policy cannot be added to a queue that was created without one',
    priority: 'full',
    computeEnvironmentOrder: 'full',
    serviceEnvironmentOrder: services,
    jobStateTimeLimitActions: 'stored: checked; no job is cancelled by them',
  },
  UpdateJobQueueResponse: { jobQueueName: 'full', jobQueueArn: 'full' },
}
