/**
 * Submissions of tasks, pods and nodes, and of jobs that use consumable resources, against existing
 * queues and resources.
 */
import { expect } from 'vitest'
import type { CreateComputeEnvironmentRequest, RegisterJobDefinitionRequest } from '../../model/generated/batch.ts'
import { liveAttempt } from '../../model/job.ts'
import { createComputeEnvironment } from '../compute-environment/decide.ts'
import { createConsumableResource } from '../consumable-resource/decide.ts'
import { registerJobDefinition } from '../job-definition/decide.ts'
import { hostOf, hostsSeen, needs, place, queueRequest, story, submit, type World } from '../world.testing.ts'
import { submitJob } from './submit.ts'

const container = { image: 'busybox', resourceRequirements: needs(1, 512), command: ['true'] }
const pod = { containers: [{ image: 'busybox', resources: { limits: { cpu: '0.5', memory: '128Mi' } } }] }
const eksConfiguration = {
  eksClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/lab',
  kubernetesNamespace: 'lab',
}

function register(world: World, members: Partial<RegisterJobDefinitionRequest>): void {
  world.do(registerJobDefinition({ jobDefinitionName: 'other', type: 'container', ...members }, 'ada'))
  world.lookAway()
}

function makeQueue(world: World, name: string, members: Partial<CreateComputeEnvironmentRequest>): void {
  const computeResources = { type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceRole: 'r', subnets: [] } as const
  world.do(createComputeEnvironment({ computeEnvironmentName: name, type: 'MANAGED', computeResources, ...members }))
  world.settle()
  world.do(queueRequest(name, [name]))
  world.settle()
  world.lookAway()
}

const refusedOn = (world: World, jobQueue: string, jobDefinition: string) =>
  world.refused(submitJob({ jobName: 'j', jobQueue, jobDefinition }, 'ada')).message
const cannotRun = (capability: string) =>
  expect.stringContaining(`Compute Environment that can not run Jobs with capability ${capability}.`)

story('a pod goes to queues of EC2 and of EKS, not of Fargate, and a queue of EKS takes nothing else', (world) => {
  register(world, { eksProperties: { podProperties: pod } })
  makeQueue(world, 'pods', { eksConfiguration })
  makeQueue(world, 'fargate', {
    computeResources: { type: 'FARGATE', maxvCpus: 4, subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
  })
  expect(world.state.jobQueues.get('pods')).toMatchObject({ status: 'VALID', shape: { jobQueueType: 'EKS' } })
  expect(refusedOn(world, 'fargate', 'other')).toEqual(cannotRun('EKS'))
  expect(refusedOn(world, 'pods', 'd')).toEqual(cannotRun('EC2'))

  const jobs = ['q', 'pods'].map((jobQueue) => submit(world, { jobQueue, jobDefinition: 'other' }))
  place(world)
  for (const jobId of jobs) expect(world.job(jobId).state.status).toBe('STARTING')
  expect(world.state.taken.get('pods')).toEqual({ vcpus: 0.5, memoryMib: 128, gpus: 0 })
  world.lookAway()
})

story('a multi-container job takes what its containers take together', (world) => {
  const containers = ['main', 'side'].map((name) => ({ ...container, name }))
  register(world, { ecsProperties: { taskProperties: [{ containers }] } })
  submit(world, { jobDefinition: 'other' })
  place(world)
  expect(world.state.taken.get('ce')).toEqual({ vcpus: 2, memoryMib: 1024, gpus: 0 })
  world.lookAway()
})

story('each node of a multi-node job has its place', (world) => {
  world.do(hostsSeen(hostOf('h1', { vcpus: 2 }), hostOf('h2', { vcpus: 2 })))
  const nodeRangeProperties = [{ targetNodes: ':', container: { ...container, resourceRequirements: needs(2, 512) } }]
  register(world, { type: 'multinode', nodeProperties: { numNodes: 4, mainNode: 1, nodeRangeProperties } })
  const jobId = submit(world, { jobDefinition: 'other', nodeOverrides: { numNodes: 2 } })
  place(world)
  const attempt = liveAttempt(world.job(jobId))!
  expect(attempt.nodes?.map(({ hostName }) => hostName).toSorted()).toEqual(['h1', 'h2'])
  expect(attempt.hostName).toBe(attempt.nodes![1]!.hostName)
  world.lookAway()
})

story('consumable resources are known by name and by ARN, and an unknown one is refused', (world) => {
  const { consumableResourceArn: arn } = world.do(
    createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 3 }),
  )
  register(world, { containerProperties: container })
  const asking = (consumableResource: string, quantity: number) => ({
    consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource, quantity }] },
  })
  const jobs = ['licence', arn].map((name) => submit(world, { jobDefinition: 'other', ...asking(name, 2) }))
  for (const jobId of jobs) expect(world.job(jobId).spec.consumables).toEqual([{ arn, quantity: 2 }])
  place(world)
  expect(jobs.map((jobId) => world.job(jobId).state.status)).toEqual(['STARTING', 'RUNNABLE'])
  const seat = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...asking('seat', 1) }
  expect(world.refused(submitJob(seat, 'ada')).message).toBe('ConsumableResource seat not found.')
  world.lookAway()
})
