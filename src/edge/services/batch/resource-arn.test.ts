/**
 * The resources that calls are authorised on, compared with AWS's reference (see resource-arn.ts).
 */
import { expect, test } from 'vitest'
import type { RequestContext } from '../../context.ts'
import { batchOperations } from './operations.ts'

const account = 'arn:aws:batch:us-west-2:123456789012'
const share = `${account}:job-queue/gpu/quota-share/night`
const policy = `${account}:scheduling-policy/fair`
const backend = { account: '123456789012', region: 'us-west-2' }

function resourcesOf(name: string, input: object): string | readonly string[] {
  const operation = batchOperations.find((each) => each.name === name)!
  return operation.resource(input as never, { backend } as RequestContext)
}

test.each<[string, object, string | readonly string[]]>([
  ['DescribeJobs', { jobs: ['1'] }, '*'],
  ['DescribeConsumableResource', { consumableResource: 'seat' }, `${account}:consumable-resource/seat`],
  ['ListJobsByConsumableResource', { consumableResource: 'seat' }, `${account}:consumable-resource/seat`],
  ['DescribeQuotaShare', { quotaShareArn: share }, share],
  ['ListQuotaShares', { jobQueue: 'gpu' }, `${account}:job-queue/gpu`],
  ['CreateQuotaShare', { jobQueue: 'gpu', quotaShareName: 'night' }, [`${account}:job-queue/gpu`, share]],
  [
    'CreateQuotaShare',
    { jobQueue: `${account}:job-queue/gpu`, quotaShareName: 'night' },
    [`${account}:job-queue/gpu`, share],
  ],
])('%s of %j is authorised on %j', (name, input, resources) => {
  expect(resourcesOf(name, input)).toEqual(resources)
})

test('a queue is authorised first, then the resources that the request attaches to it', () => {
  const request = {
    ...{ jobQueueName: 'gpu', jobQueue: 'gpu', schedulingPolicyArn: policy },
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'spot' }],
    serviceEnvironmentOrder: [{ order: 1, serviceEnvironment: 'training' }],
  }
  const named = [`${account}:job-queue/gpu`, `${account}:compute-environment/spot`, policy]
  expect(resourcesOf('CreateJobQueue', request)).toEqual([...named, `${account}:service-environment/training`])
  expect(resourcesOf('UpdateJobQueue', request)).toEqual(named)
  expect(resourcesOf('UpdateJobQueue', { jobQueue: 'gpu', schedulingPolicyArn: '' })).toEqual([
    `${account}:job-queue/gpu`,
  ])
})
