/** Consumable resources, and the jobs that need them. */
import type { Lines } from '../line.ts'

const shown = {
  consumableResourceName: 'full',
  consumableResourceArn: 'full',
  totalQuantity: 'full',
  inUseQuantity: 'full: of this moment',
  resourceType: 'full',
} as const

export const consumableResourceLines: Lines = {
  CreateConsumableResourceRequest: {
    consumableResourceName: 'full',
    totalQuantity: 'full: 0 if it is not given',
    resourceType: 'full',
    tags: 'full',
  },
  CreateConsumableResourceResponse: { consumableResourceName: 'full', consumableResourceArn: 'full' },
  DeleteConsumableResourceRequest: {
    consumableResource: 'full: name or ARN; refused while an unfinished job needs it',
  },
  DescribeConsumableResourceRequest: { consumableResource: 'full: name or ARN' },
  DescribeConsumableResourceResponse: {
    ...shown,
    availableQuantity: 'full: 0 where more is in use than there is',
    createdAt: 'full',
    tags: 'full',
  },
  ListConsumableResourcesRequest: {
    filters: 'full: CONSUMABLE_RESOURCE_NAME',
    maxResults: 'full: above 100 counts as 100',
    nextToken: 'full',
  },
  ListConsumableResourcesResponse: { consumableResources: 'full: by name', nextToken: 'full' },
  ConsumableResourceSummary: shown,
  ConsumableResourceProperties: { consumableResourceList: 'full: at most 5, each once' },
  ConsumableResourceRequirement: { consumableResource: 'full: name or ARN', quantity: 'full: at least 1' },
  ListJobsByConsumableResourceRequest: {
    consumableResource: 'full: name or ARN',
    filters: 'full: JOB_STATUS, JOB_NAME or both',
    maxResults: 'full: above 100 counts as 100',
    nextToken: 'full',
  },
  ListJobsByConsumableResourceResponse: { jobs: 'full: newest first; an array as one job', nextToken: 'full' },
  ListJobsByConsumableResourceSummary: {
    jobArn: 'full',
    jobQueueArn: 'full',
    jobName: 'full',
    jobStatus: 'full',
    quantity: 'full: of one attempt; of an array, of one child',
    createdAt: 'full',
    consumableResourceProperties: 'full',
    jobDefinitionArn: 'full: with revision',
    shareIdentifier: 'full',
    statusReason: 'full: waiting jobs have one too',
    startedAt: 'full',
  },
  UpdateConsumableResourceRequest: {
    consumableResource: 'full: name or ARN',
    operation: 'full: SET, ADD, REMOVE; there is no default',
    quantity: 'full: required',
    clientToken: 'full: counts for 8 hours; the last 1000 of a resource are remembered',
  },
  UpdateConsumableResourceResponse: {
    consumableResourceName: 'full',
    consumableResourceArn: 'full',
    totalQuantity: 'full',
  },
}
