import { describe, expect, test } from 'vitest'
import type { RegisterJobDefinitionRequest } from '../../model/generated/batch.ts'
import { normaliseJobDefinition } from './normalise.ts'

const arn = 'arn:aws:batch:us-west-2:123456789012:job-definition/align:3'
const identity = { arn, revision: 3 }

describe('a definition is returned as it was registered', () => {
  test('with empty lists for omitted members, and nothing invented', () => {
    const request: RegisterJobDefinitionRequest = {
      jobDefinitionName: 'align',
      type: 'container',
      containerProperties: { image: 'ubuntu', vcpus: 1, memory: 512 },
    }

    expect(normaliseJobDefinition(request, identity)).toStrictEqual({
      jobDefinitionName: 'align',
      jobDefinitionArn: arn,
      revision: 3,
      status: 'ACTIVE',
      type: 'container',
      containerOrchestrationType: 'ECS',
      parameters: {},
      tags: {},
      containerProperties: {
        image: 'ubuntu',
        vcpus: 1,
        memory: 512,
        command: [],
        volumes: [],
        environment: [],
        mountPoints: [],
        ulimits: [],
        resourceRequirements: [],
        secrets: [],
      },
    })
  })

  test('with actions in lower case and the lists inside nested structures', () => {
    const given = normaliseJobDefinition(
      {
        jobDefinitionName: 'align',
        type: 'container',
        platformCapabilities: ['EC2'],
        propagateTags: true,
        schedulingPriority: 4,
        parameters: { 'nf-token': 'abc' },
        tags: { lab: 'doe' },
        timeout: { attemptDurationSeconds: 60 },
        retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onReason: '*' }] },
        containerProperties: {
          image: 'ubuntu',
          command: ['true'],
          linuxParameters: { tmpfs: [{ containerPath: '/t', size: 8 }], devices: [{ hostPath: '/dev/fuse' }] },
          logConfiguration: { logDriver: 'awslogs' },
        },
      },
      identity,
    )

    expect(given).toMatchObject({
      platformCapabilities: ['EC2'],
      propagateTags: true,
      schedulingPriority: 4,
      parameters: { 'nf-token': 'abc' },
      tags: { lab: 'doe' },
      timeout: { attemptDurationSeconds: 60 },
      retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'retry', onReason: '*' }] },
    })
    expect(given.containerProperties).toMatchObject({
      command: ['true'],
      linuxParameters: {
        tmpfs: [{ containerPath: '/t', size: 8, mountOptions: [] }],
        devices: [{ hostPath: '/dev/fuse', permissions: [] }],
      },
      logConfiguration: { logDriver: 'awslogs', options: {}, secretOptions: [] },
    })
  })

  test('an empty retry strategy or timeout counts as missing', () => {
    const given = normaliseJobDefinition(
      {
        jobDefinitionName: 'align',
        type: 'container',
        containerProperties: { image: 'ubuntu', linuxParameters: {} },
        retryStrategy: {},
        timeout: {},
      },
      identity,
    )
    expect(given).not.toHaveProperty('retryStrategy')
    expect(given).not.toHaveProperty('timeout')
    expect(given.containerProperties?.linuxParameters).toStrictEqual({ devices: [], tmpfs: [] })
  })

  test('normalised twice equals once', () => {
    const request: RegisterJobDefinitionRequest = {
      jobDefinitionName: 'align',
      type: 'container',
      retryStrategy: { attempts: 2 },
      containerProperties: { image: 'ubuntu', logConfiguration: { logDriver: 'awslogs' } },
    }
    const once = normaliseJobDefinition(request, identity)
    expect(normaliseJobDefinition(once as RegisterJobDefinitionRequest, identity)).toStrictEqual(once)
  })
})

test('tasks, pods and node ranges get their lists too', () => {
  const container = { image: 'ubuntu' }
  const task = normaliseJobDefinition(
    { jobDefinitionName: 'a', type: 'container', ecsProperties: { taskProperties: [{ containers: [container] }] } },
    identity,
  )
  expect(task.ecsProperties?.taskProperties[0]).toStrictEqual({
    containers: [
      {
        image: 'ubuntu',
        command: [],
        dependsOn: [],
        environment: [],
        mountPoints: [],
        resourceRequirements: [],
        secrets: [],
        ulimits: [],
      },
    ],
    volumes: [],
  })

  const pod = normaliseJobDefinition(
    { jobDefinitionName: 'a', type: 'container', eksProperties: { podProperties: { containers: [container] } } },
    identity,
  )
  expect(pod.containerOrchestrationType).toBe('EKS')
  expect(pod.eksProperties?.podProperties).toStrictEqual({
    containers: [{ image: 'ubuntu', command: [], args: [], env: [], volumeMounts: [] }],
    initContainers: [],
    imagePullSecrets: [],
    volumes: [],
  })

  const nodes = normaliseJobDefinition(
    {
      jobDefinitionName: 'a',
      type: 'multinode',
      nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:', container }] },
    },
    identity,
  )
  expect(nodes.nodeProperties?.nodeRangeProperties[0]?.container).toMatchObject({ command: [], volumes: [] })
})
