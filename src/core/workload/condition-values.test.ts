import { expect, test } from 'vitest'
import { definitionConditionValues, submissionConditionValues } from './condition-values.ts'

const base = { jobDefinitionName: 'align', type: 'container' } as const

test('a single container', () => {
  const containerProperties = {
    image: 'repo/tool:1',
    privileged: true,
    user: 'nobody',
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': '/lab', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'p', other: 'x' },
    },
  } as const
  expect(definitionConditionValues({ ...base, containerProperties })).toEqual([
    {
      'batch:Image': ['repo/tool:1'],
      'batch:Privileged': ['true'],
      'batch:User': ['nobody'],
      'batch:LogDriver': ['awslogs'],
      'batch:AWSLogsGroup': ['/lab'],
      'batch:AWSLogsRegion': ['eu-west-1'],
      'batch:AWSLogsStreamPrefix': ['p'],
    },
  ])
})

test('each container of a task, of a pod and of node ranges has a set of its own', () => {
  const task = { taskProperties: [{ containers: [{ image: 'a' }, { image: 'b', privileged: true }] }] }
  const pod = {
    podProperties: {
      serviceAccountName: 'robot',
      initContainers: [{ image: 'init' }],
      containers: [{ image: 'c', securityContext: { runAsUser: 0, runAsGroup: 7, privileged: true } }],
      metadata: { namespace: 'lab' },
    },
  }
  const robot = { 'batch:EKSServiceAccountName': ['robot'], 'batch:EKSNamespace': ['lab'] }
  const ofTask = [
    { 'batch:Image': ['a'], 'batch:Privileged': ['false'] },
    { 'batch:Image': ['b'], 'batch:Privileged': ['true'] },
  ]
  const ofPod = [
    { 'batch:EKSImage': ['init'], 'batch:EKSPrivileged': ['false'], ...robot },
    {
      ...{ 'batch:EKSImage': ['c'], 'batch:EKSPrivileged': ['true'] },
      ...{ 'batch:EKSRunAsUser': ['0'], 'batch:EKSRunAsGroup': ['7'], ...robot },
    },
  ]
  expect(definitionConditionValues({ ...base, ecsProperties: task })).toEqual(ofTask)
  expect(definitionConditionValues({ ...base, eksProperties: pod })).toEqual(ofPod)
  const nodeRangeProperties = [
    { targetNodes: '0', container: { image: 'main' } },
    { targetNodes: '1', ecsProperties: task },
    { targetNodes: '2:', eksProperties: pod },
  ]
  const nodeProperties = { numNodes: 3, mainNode: 0, nodeRangeProperties }
  expect(definitionConditionValues({ ...base, type: 'multinode', nodeProperties })).toEqual([
    { 'batch:Image': ['main'], 'batch:Privileged': ['false'] },
    ...ofTask,
    ...ofPod,
  ])
})

test('a definition without any container has no set', () => {
  expect(definitionConditionValues(base)).toEqual([])
})

test('a submission has its share, and a set for each image that its overrides bring', () => {
  const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd' }
  expect(submissionConditionValues(request)).toEqual([{}])
  expect(submissionConditionValues({ ...request, shareIdentifier: 'lab' })).toEqual([
    { 'batch:ShareIdentifier': ['lab'] },
  ])
  const podProperties = { containers: [{ name: 'a', image: 'x' }, { name: 'b' }], initContainers: [{ image: 'y' }] }
  const nodePropertyOverrides = [{ targetNodes: '0', eksPropertiesOverride: { podProperties } }]
  const images = [{ 'batch:EKSImage': ['y'] }, { 'batch:EKSImage': ['x'] }]
  expect(submissionConditionValues({ ...request, eksPropertiesOverride: { podProperties } })).toEqual(images)
  expect(submissionConditionValues({ ...request, nodeOverrides: { nodePropertyOverrides } })).toEqual(images)
  const metadata = { namespace: 'n' }
  const namespace = { 'batch:EKSNamespace': ['n'] }
  const moved = (pod: object) =>
    submissionConditionValues({ ...request, eksPropertiesOverride: { podProperties: pod } })
  expect(moved({ metadata })).toEqual([namespace])
  expect(moved({ ...podProperties, metadata })).toEqual(images.map((image) => ({ ...image, ...namespace })))
})
