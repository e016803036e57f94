/** Refusals of definitions whose texts are ours, where AWS's was not captured. */

import { describe, expect, test } from 'vitest'
import { refuseWrapped } from '../../model/refusal.ts'
import { validateJobDefinition } from './check.ts'
import {
  alpha,
  beta,
  busybox,
  ec2,
  fargate,
  nodes,
  plain,
  pod,
  podOf,
  type Request,
  task,
  tooMany,
} from './definitions.testing.ts'

describe('texts of our own, where none was captured', () => {
  const rows: [text: string, request: Request][] = [
    ['Job Definition name should match a valid pattern.', { ...ec2({}), jobDefinitionName: 'my align' }],
    ['Job Definition name should match a valid pattern.', { ...ec2({}), jobDefinitionName: 'a'.repeat(129) }],
    ['Job definition size must be less than 24 KiB, got 30 KiB', ec2({ command: ['x'.repeat(30_000)] })],
    [
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
      ec2({}, { tags: tooMany(51) }),
    ],
    ['Tag keys beginning with aws: are reserved for AWS: aws:owner', ec2({}, { tags: { 'aws:owner': 'x' } })],
    ['Image is required.', ec2({ image: '' })],
    ["Image should match a valid pattern, got 'two words'.", ec2({ image: 'two words' })],
    [
      'Environment variable AWS_BATCH_X is not valid. Environment variables cannot start with AWS_BATCH.',
      ec2({ environment: [{ name: 'AWS_BATCH_X', value: '1' }] }),
    ],
    ['environment[0].name must not be empty.', ec2({ environment: [{ name: '', value: '' }] })],
    [
      'Timeout must be at least 60 seconds, got 59 in timeout.attemptDurationSeconds.',
      ec2({}, { timeout: { attemptDurationSeconds: 59 } }),
    ],
    [
      'RetryAttempts must be between 1 and 10, got 11 in retryStrategy.attempts.',
      ec2({}, { retryStrategy: { attempts: 11 } }),
    ],
    [
      'Maximum allowed size of evaluateOnExit is 5',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: Array(6).fill({ action: 'EXIT', onReason: '*' }) } }),
    ],
    ['executionRoleArn is required for Fargate.', fargate({ executionRoleArn: '' })],
    ["Duplicate volume name 'v'.", ec2({ volumes: [{ name: 'v' }, { name: 'v' }] })],
    [
      'Node range properties must cover all nodes from 0 to 3, node 2 is not covered.',
      nodes({
        nodeRangeProperties: [
          { targetNodes: ':1', container: plain },
          { targetNodes: '3', container: plain },
        ],
      }),
    ],
    [
      'Container dependencies must not be circular: alpha, beta.',
      task({
        containers: [
          { ...alpha, dependsOn: [{ containerName: 'beta', condition: 'START' }] },
          { ...beta, dependsOn: [{ containerName: 'alpha', condition: 'START' }] },
          { ...beta, name: 'gamma' },
        ],
      }),
    ],
    [
      'Container dependencies must not be circular: alpha.',
      task({ containers: [{ ...alpha, dependsOn: [{ containerName: 'alpha', condition: 'START' }] }, beta] }),
    ],
    ['Value 250m for type cpu in resources is not valid.', pod({ cpu: '250m', memory: '512Mi' })],
    ['Value 0.3 for type cpu in resources is not valid.', pod({ cpu: '0.3', memory: '512Mi' })],
    ['Value 0 for type cpu in resources is not valid.', pod({ cpu: '0', memory: '512Mi' })],
    ['Value 1Gi for type memory in resources is not valid.', pod({ cpu: '1', memory: '1Gi' })],
    ['Value 512 for type memory in resources is not valid.', pod({ cpu: '1' }, { memory: '512' })],
    ['Memory must be at least 4 Mib, got 3 Mib.', pod({ cpu: '1', memory: '3Mi' })],
    [
      'Type ephemeral-storage in resources is not valid. Valid types: [cpu, memory, nvidia.com/gpu]',
      pod({ cpu: '1', memory: '512Mi', 'ephemeral-storage': '1Gi' }),
    ],
    ['resources of a container must have cpu in limits or requests.', pod({ memory: '512Mi' })],
    ['resources of a container must have memory in limits or requests.', pod({ cpu: '1' })],
    [
      'Values 512Mi and 256Mi for type memory in resources must be equal in limits and requests.',
      pod({ cpu: '1', memory: '512Mi' }, { memory: '256Mi' }),
    ],
    [
      'Value 2 for type cpu in resources.requests must not be greater than 1 in resources.limits.',
      pod({ cpu: '1', memory: '512Mi' }, { cpu: '2' }),
    ],
    ["Duplicate container name 'Default'.", podOf({ containers: [busybox, busybox] })],
    [
      "Duplicate container name 'main'.",
      podOf({ initContainers: [{ ...busybox, name: 'main' }], containers: [{ ...busybox, name: 'main' }] }),
    ],
    ["Container name should match a valid pattern, got 'a b'.", podOf({ containers: [{ ...busybox, name: 'a b' }] })],
    ['env[0].name must not be empty.', podOf({ containers: [{ ...busybox, env: [{ name: '' }] }] })],
    ["Volume name should match a valid pattern, got 'My_Data'.", podOf({ volumes: [{ name: 'My_Data' }] })],
    ["Duplicate volume name 'data'.", podOf({ volumes: [{ name: 'data' }, { name: 'data' }] })],
    ["hostPath of volume 'data' must have a path.", podOf({ volumes: [{ name: 'data', hostPath: {} }] })],
    [
      'When the volume parameter is specified, only one volume configuration type should be used.',
      podOf({ volumes: [{ name: 'data', emptyDir: {}, hostPath: { path: '/data' } }] }),
    ],
    [
      "Unknown volume 'data'.",
      podOf({ containers: [{ ...busybox, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] }),
    ],
    [
      "Volume mount of volume 'data' must have a mountPath.",
      podOf({ volumes: [{ name: 'data' }], containers: [{ ...busybox, volumeMounts: [{ name: 'data' }] }] }),
    ],
    [
      'imagePullPolicy Often is not valid. Valid values are: [Always, IfNotPresent, Never]',
      podOf({ containers: [{ ...busybox, imagePullPolicy: 'Often' }] }),
    ],
    [
      'dnsPolicy None is not valid. Valid values are: [Default, ClusterFirst, ClusterFirstWithHostNet]',
      podOf({ dnsPolicy: 'None' }),
    ],
    ['FARGATE does not support MNP jobs', nodes({}, { platformCapabilities: ['FARGATE'] })],
    [
      'Maximum allowed size of consumableResourceList is 5',
      ec2(
        {},
        {
          consumableResourceProperties: {
            consumableResourceList: Array(6).fill({ consumableResource: 'l', quantity: 1 }),
          },
        },
      ),
    ],
    [
      'Cannot provide duplicates in consumableResourceList: l',
      ec2(
        {},
        {
          consumableResourceProperties: {
            consumableResourceList: Array(2).fill({ consumableResource: 'l', quantity: 1 }),
          },
        },
      ),
    ],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateJobDefinition(request)).toEqual(refuseWrapped(text))
  })
})
