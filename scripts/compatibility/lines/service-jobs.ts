/** Service environments, and the SageMaker training jobs that have no engine here. */
import type { Line, Lines } from '../line.ts'

const limits =
  'stored: 1 to 5, of NUM_INSTANCES or of instance types; there is no engine for the jobs they would hold back'
const noEngine = 'refused: checked as on AWS, and then: openbatch has no engine for SageMaker training jobs'
const never = 'absent: there never is a service job'

function each<Member extends string>(line: Line, ...members: Member[]): Record<Member, Line> {
  return Object.fromEntries(members.map((member) => [member, line])) as Record<Member, Line>
}

export const serviceJobLines: Lines = {
  CreateServiceEnvironmentRequest: {
    serviceEnvironmentName: 'full',
    serviceEnvironmentType: 'full',
    capacityLimits: limits,
    state: 'full',
    tags: 'full',
  },
  CreateServiceEnvironmentResponse: { serviceEnvironmentName: 'full', serviceEnvironmentArn: 'full' },
  DeleteServiceEnvironmentRequest: { serviceEnvironment: 'full: DISABLED first; refused while a queue refers to it' },
  DescribeServiceEnvironmentsRequest: {
    serviceEnvironments: 'full: unknown names are left out',
    maxResults: 'full: above 100 counts as 100',
    nextToken: 'full',
  },
  DescribeServiceEnvironmentsResponse: { serviceEnvironments: 'full: by name', nextToken: 'full' },
  ServiceEnvironmentDetail: {
    serviceEnvironmentName: 'full',
    serviceEnvironmentArn: 'full',
    serviceEnvironmentType: 'full',
    capacityLimits: 'stored',
    state: 'full',
    status: 'full',
    tags: 'full',
  },
  UpdateServiceEnvironmentRequest: { serviceEnvironment: 'full: name or ARN', state: 'full', capacityLimits: limits },
  UpdateServiceEnvironmentResponse: { serviceEnvironmentName: 'full', serviceEnvironmentArn: 'full' },
  ServiceEnvironmentOrder: { order: 'full', serviceEnvironment: 'full: name or ARN; shown as ARN' },
  SubmitServiceJobRequest: {
    ...each(noEngine, 'jobName', 'jobQueue', 'retryStrategy', 'schedulingPriority', 'serviceRequestPayload'),
    ...each(noEngine, 'serviceJobType', 'shareIdentifier', 'quotaShareName', 'preemptionConfiguration'),
    ...each(noEngine, 'timeoutConfig', 'tags', 'clientToken'),
  },
  SubmitServiceJobResponse: each(never, 'jobArn', 'jobName', 'jobId'),
  DescribeServiceJobRequest: { jobId: 'refused: Service job … not found.' },
  DescribeServiceJobResponse: {
    ...each(never, 'attempts', 'capacityUsage', 'createdAt', 'isTerminated', 'jobArn', 'jobId', 'jobName', 'jobQueue'),
    ...each(never, 'latestAttempt', 'retryStrategy', 'scheduledAt', 'schedulingPriority', 'serviceRequestPayload'),
    ...each(never, 'serviceJobType', 'shareIdentifier', 'quotaShareName', 'preemptionConfiguration'),
    ...each(never, 'preemptionSummary', 'startedAt', 'status', 'statusReason', 'stoppedAt', 'tags', 'timeoutConfig'),
  },
  ListServiceJobsRequest: {
    ...each('full', 'jobQueue', 'jobStatus', 'maxResults', 'nextToken'),
    filters: 'full: one of JOB_NAME, BEFORE_CREATED_AT, AFTER_CREATED_AT, SHARE_IDENTIFIER, QUOTA_SHARE_NAME',
  },
  ListServiceJobsResponse: { jobSummaryList: 'absent: always an empty list', nextToken: never },
  TerminateServiceJobRequest: { jobId: 'full: every id is unknown, which is no error', reason: 'full' },
  TerminateServiceJobsRequest: { jobs: 'full: at most 50; unknown ids count as successful', reason: 'full' },
  TerminateServiceJobsResponse: { successful: 'full', errors: 'full' },
  TerminateServiceJobsErrorDetail: { job: 'full', code: 'full', message: 'full' },
  UpdateServiceJobRequest: { jobId: 'refused: Service job … not found.', schedulingPriority: 'full: 0 to 9999' },
  UpdateServiceJobResponse: each(never, 'jobArn', 'jobName', 'jobId'),
}
