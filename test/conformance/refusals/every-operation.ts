/** What holds for every operation that takes tags, or a name or an ARN. */
import * as sdk from '@aws-sdk/client-batch'
import type { TestServer } from '../../support/openbatch-server.ts'
import { bare, own, type Row, row } from './row.ts'
import { byType, fairQueue, quotaQueue } from './scheduling-and-services.ts'
import { definitions, ec2Resources, kept } from './setting.ts'

type Input = Readonly<Record<string, unknown>>

/** Sends any operation by its name. */
export function call(batch: sdk.BatchClient, operation: string, input: Input): Promise<Record<string, unknown>> {
  const Command = (sdk as unknown as Record<string, new (input: Input) => sdk.DescribeJobsCommand>)[
    `${operation}Command`
  ]!
  return batch.send(new Command(input)) as Promise<unknown> as Promise<Record<string, unknown>>
}

const account = '123456789012'
const foreign = '999999999999'
const arnIn = (accountId: string, region: string) => (resource: string) =>
  `arn:aws:batch:${region}:${accountId}:${resource}`
export const inAnotherAccount = arnIn(foreign, 'us-west-2')
export const inAnotherRegion = arnIn(account, 'eu-central-1')
const here = arnIn(account, 'us-west-2')

/** Each request would be carried out without its tags. */
const tagged: Readonly<Record<string, Input>> = {
  CreateComputeEnvironment: { computeEnvironmentName: 'tagged', type: 'MANAGED', computeResources: ec2Resources() },
  CreateConsumableResource: { consumableResourceName: 'tagged', totalQuantity: 1 },
  CreateJobQueue: {
    ...{ jobQueueName: 'tagged', priority: 1 },
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: kept }],
  },
  CreateQuotaShare: {
    ...{ quotaShareName: 'tagged', jobQueue: quotaQueue },
    capacityLimits: [{ maxCapacity: 1, capacityUnit: 'ml.m5.large' }],
    resourceSharingConfiguration: { strategy: 'RESERVE' },
    preemptionConfiguration: { inSharePreemption: 'DISABLED' },
  },
  CreateSchedulingPolicy: { name: 'tagged' },
  CreateServiceEnvironment: {
    ...{ serviceEnvironmentName: 'tagged', serviceEnvironmentType: 'SAGEMAKER_TRAINING' },
    capacityLimits: [{ maxCapacity: 1 }],
  },
  RegisterJobDefinition: {
    ...{ jobDefinitionName: 'tagged', type: 'container' },
    containerProperties: { image: 'busybox', vcpus: 1, memory: 64 },
  },
  SubmitJob: { jobName: 'tagged', jobQueue: 'default', jobDefinition: definitions.plain },
  SubmitServiceJob: {
    jobName: 'tagged',
    jobQueue: quotaQueue,
    serviceJobType: 'SAGEMAKER_TRAINING',
    serviceRequestPayload: '{}',
  },
  TagResource: { resourceArn: here('job-queue/default') },
}

export const operationsWithTags: readonly string[] = Object.keys(tagged)

const seen = { ...bare, code: 'BadRequestException' } as const

export const tagRows: readonly Row[] = Object.entries(tagged).flatMap(([operation, input]) => [
  row(
    `${operation} with a comma in the value of a tag`,
    "'a,b' is not a valid value for TagValue - it contains illegal characters",
    (batch) => call(batch, operation, { ...input, tags: { ok: 'ok', lab: 'a,b' } }),
    seen,
  ),
  row(
    `${operation} with a parenthesis in the key of a tag`,
    "'lab(a)' is not a valid value for TagKey - it contains illegal characters",
    (batch) => call(batch, operation, { ...input, tags: { 'lab(a)': 'ok' } }),
    { ...seen, ...own },
  ),
])

/**
 * A request that refers to a resource by the ARN of another account, while a resource with the same
 * name exists here.
 */
interface Reference {
  readonly operation: string
  readonly member: string
  readonly resource: string
  readonly rest?: Input
  /** Replaces `member` where the reference is nested deeper. */
  readonly place?: (arn: string) => Input
  readonly refused?: { readonly text: (arn: string) => string; readonly wrapped?: true }
  /** The list that is empty. */
  readonly omittedFrom?: string
}

const notFound = (kind: string) => ({ text: (arn: string) => `${kind} ${arn} not found.` })
const noDefinition = { text: (arn: string) => `JobDefinition name ${arn} does not exist or is not in ACTIVE status` }
const noResource = { text: (arn: string) => `Resource not found: ${arn}` }
const queue = 'job-queue/default'
const environment = `compute-environment/${kept}`
const definition = `job-definition/${definitions.plain}`
const policy = 'scheduling-policy/fair'
const service = `service-environment/${byType}`
const seat = 'consumable-resource/seat'
const quotaShare = `job-queue/${quotaQueue}/quota-share/lab`

const environmentsMustBeValid = 'Compute Environments must be created and valid before attaching them to a job queue'
const servicesMustBeValid = 'Service environments must be created and valid before attaching them to a job queue.'

export const references: readonly Reference[] = [
  ...['UpdateComputeEnvironment', 'DeleteComputeEnvironment'].map((operation) => ({
    ...{ operation, member: 'computeEnvironment', resource: environment, refused: notFound('ComputeEnvironment') },
  })),
  ...['UpdateJobQueue', 'DeleteJobQueue', 'GetJobQueueSnapshot', 'ListJobs', 'ListQuotaShares', 'ListServiceJobs'].map(
    (operation) => ({ operation, member: 'jobQueue', resource: queue, refused: notFound('JobQueue') }),
  ),
  {
    ...{ operation: 'CreateQuotaShare', member: 'jobQueue', resource: `job-queue/${quotaQueue}` },
    ...{ rest: tagged.CreateQuotaShare!, refused: notFound('JobQueue') },
  },
  {
    ...{ operation: 'SubmitServiceJob', member: 'jobQueue', resource: `job-queue/${quotaQueue}` },
    ...{ rest: tagged.SubmitServiceJob!, refused: notFound('JobQueue') },
  },
  {
    ...{ operation: 'SubmitJob', member: 'jobQueue', resource: queue },
    ...{ rest: tagged.SubmitJob!, refused: notFound('JobQueue') },
  },
  {
    ...{ operation: 'SubmitJob', member: 'jobDefinition', resource: definition },
    ...{ rest: tagged.SubmitJob!, refused: noDefinition },
  },
  {
    ...{
      operation: 'SubmitJob',
      member: 'consumableResourcePropertiesOverride',
      resource: seat,
      rest: tagged.SubmitJob!,
    },
    place: (consumableResource) => ({
      consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource, quantity: 1 }] },
    }),
    refused: notFound('ConsumableResource'),
  },
  { operation: 'DeregisterJobDefinition', member: 'jobDefinition', resource: `${definition}:1`, refused: noDefinition },
  ...['DescribeConsumableResource', 'DeleteConsumableResource', 'ListJobsByConsumableResource'].map((operation) => ({
    ...{ operation, member: 'consumableResource', resource: seat, refused: notFound('ConsumableResource') },
  })),
  {
    ...{ operation: 'UpdateConsumableResource', member: 'consumableResource', resource: seat },
    ...{ rest: { operation: 'SET', quantity: 1 }, refused: notFound('ConsumableResource') },
  },
  ...['UpdateServiceEnvironment', 'DeleteServiceEnvironment'].map((operation) => ({
    ...{ operation, member: 'serviceEnvironment', resource: service, refused: notFound('ServiceEnvironment') },
  })),
  ...['UpdateSchedulingPolicy', 'DeleteSchedulingPolicy'].map((operation) => ({
    ...{ operation, member: 'arn', resource: policy, refused: notFound('SchedulingPolicy') },
  })),
  ...['DescribeQuotaShare', 'UpdateQuotaShare', 'DeleteQuotaShare'].map((operation) => ({
    ...{ operation, member: 'quotaShareArn', resource: quotaShare, refused: notFound('QuotaShare') },
  })),
  { operation: 'TagResource', member: 'resourceArn', resource: queue, rest: { tags: { a: 'b' } }, refused: noResource },
  { operation: 'UntagResource', member: 'resourceArn', resource: queue, rest: { tagKeys: ['a'] }, refused: noResource },
  { operation: 'ListTagsForResource', member: 'resourceArn', resource: queue, refused: noResource },
  {
    ...{ operation: 'CreateJobQueue', member: 'computeEnvironmentOrder', resource: environment },
    rest: tagged.CreateJobQueue!,
    place: (computeEnvironment) => ({ computeEnvironmentOrder: [{ order: 1, computeEnvironment }] }),
    refused: { text: () => environmentsMustBeValid, wrapped: true },
  },
  {
    ...{ operation: 'CreateJobQueue', member: 'schedulingPolicyArn', resource: policy, rest: tagged.CreateJobQueue! },
    refused: { ...notFound('SchedulingPolicy'), wrapped: true },
  },
  {
    ...{ operation: 'CreateJobQueue', member: 'serviceEnvironmentOrder', resource: service },
    rest: { jobQueueName: 'tagged', priority: 1, jobQueueType: 'SAGEMAKER_TRAINING' },
    place: (serviceEnvironment) => ({ serviceEnvironmentOrder: [{ order: 1, serviceEnvironment }] }),
    refused: { text: () => servicesMustBeValid, wrapped: true },
  },
  {
    ...{ operation: 'UpdateJobQueue', member: 'computeEnvironmentOrder', resource: environment },
    rest: { jobQueue: 'default' },
    place: (computeEnvironment) => ({ computeEnvironmentOrder: [{ order: 1, computeEnvironment }] }),
    refused: { text: () => environmentsMustBeValid, wrapped: true },
  },
  {
    ...{ operation: 'UpdateJobQueue', member: 'schedulingPolicyArn', resource: policy, rest: { jobQueue: fairQueue } },
    refused: { ...notFound('SchedulingPolicy'), wrapped: true },
  },
  {
    ...{
      operation: 'UpdateJobQueue',
      member: 'serviceEnvironmentOrder',
      resource: service,
      rest: { jobQueue: quotaQueue },
    },
    place: (serviceEnvironment) => ({ serviceEnvironmentOrder: [{ order: 1, serviceEnvironment }] }),
    refused: { text: () => servicesMustBeValid, wrapped: true },
  },
  {
    ...{ operation: 'DescribeComputeEnvironments', member: 'computeEnvironments', resource: environment },
    ...{ place: (arn) => ({ computeEnvironments: [arn] }), omittedFrom: 'computeEnvironments' },
  },
  {
    ...{ operation: 'DescribeJobQueues', member: 'jobQueues', resource: queue },
    ...{ place: (arn) => ({ jobQueues: [arn] }), omittedFrom: 'jobQueues' },
  },
  {
    ...{ operation: 'DescribeJobDefinitions', member: 'jobDefinitions', resource: definition },
    ...{ place: (arn) => ({ jobDefinitions: [arn] }), omittedFrom: 'jobDefinitions' },
  },
  {
    ...{ operation: 'DescribeSchedulingPolicies', member: 'arns', resource: policy },
    ...{ place: (arn) => ({ arns: [arn] }), omittedFrom: 'schedulingPolicies' },
  },
  {
    ...{ operation: 'DescribeServiceEnvironments', member: 'serviceEnvironments', resource: service },
    ...{ place: (arn) => ({ serviceEnvironments: [arn] }), omittedFrom: 'serviceEnvironments' },
  },
]

/** One row for each reference that is refused. */
export const referenceRows: readonly Row[] = references.flatMap(({ refused, ...reference }) => {
  if (!refused) return []
  const arn = inAnotherAccount(reference.resource)
  const send = (batch: sdk.BatchClient, _server: TestServer) =>
    call(batch, reference.operation, inputOf(reference, arn))
  const form = refused.wrapped ? 'wrapped' : 'bare'
  return [
    row(`${reference.operation} of ${reference.member} in another account`, refused.text(arn), send, { form, ...own }),
  ]
})

export function inputOf({ member, rest, place }: Omit<Reference, 'refused'>, arn: string): Input {
  return { ...rest, ...(place ? place(arn) : { [member]: arn }) }
}
