import { describe, expect, test } from 'vitest'
import type { PlatformCapability } from '../../model/generated/batch.ts'
import { refuseWrapped } from '../../model/refusal.ts'
import { validateJobDefinition } from './check.ts'
import {
  alpha,
  beta,
  ec2,
  fargate,
  needs,
  nodes,
  plain,
  pod,
  podOf,
  type Request,
  secret,
  secretNotUnique,
  task,
  tooMany,
  windows,
} from './definitions.testing.ts'

describe('texts of the live service (docs/aws §1.8)', () => {
  const rows: [text: string, request: Request][] = [
    // exclusivity, emptiness
    ['Cannot use both ECS containerProperties and ecsProperties', { ...task({}), containerProperties: plain }],
    ['Cannot use both ECS containerProperties and eksProperties', { ...pod({}), containerProperties: plain }],
    ['Cannot use both ecsProperties and eksProperties', { ...pod({}), ...task({}), eksProperties: {} }],
    ['Container properties should not be empty', { jobDefinitionName: 'align', type: 'container' }],
    ['Container properties should not be empty', { ...ec2({}), containerProperties: {} }],
    // platform
    ['Exactly 1 capability must be provided.', ec2({}, { platformCapabilities: ['EC2', 'FARGATE'] })],
    [
      'Capability SPOT is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]',
      ec2({}, { platformCapabilities: ['SPOT' as PlatformCapability] }),
    ],
    // vcpu, memory, gpu
    ['vCPU is required.', ec2({ resourceRequirements: [{ type: 'MEMORY', value: '512' }] })],
    ['Memory is required.', ec2({ resourceRequirements: [{ type: 'VCPU', value: '1' }] })],
    ['vCPU must be at least 1, got 0.', ec2({ resourceRequirements: needs('0', '512') })],
    ['vCPU must be at least 1, got 0.', ec2({ resourceRequirements: [], vcpus: 0, memory: 512 })],
    ['Memory must be at least 4 Mib, got 3 Mib.', ec2({ resourceRequirements: needs('1', '3') })],
    ['Memory must be at least 4 Mib, got 0 Mib.', ec2({ resourceRequirements: [], vcpus: 1, memory: 0 })],
    [
      'Cannot provide duplicates in resourceRequirements.',
      ec2({ resourceRequirements: [...needs('1', '512'), ...needs('2', '512')] }),
    ],
    ['Cannot use both ECS containerProperties vcpus and resourceRequirement VCPU.', ec2({ vcpus: 1 })],
    ['Cannot use both ECS containerProperties memory and resourceRequirement MEMORY.', ec2({ memory: 512 })],
    [
      'Value 1.0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.',
      ec2({ resourceRequirements: needs('1.0', '512') }),
    ],
    [
      'Value 1GiB for type MEMORY in resourceRequirement is not valid. Please provide a numeric value.',
      ec2({ resourceRequirements: needs('1', '1GiB') }),
    ],
    [
      'Value 99999999999 for type MEMORY in resourceRequirement is not valid. Please provide a numeric value.',
      ec2({ resourceRequirements: needs('1', '99999999999') }),
    ],
    [
      'GPU is not applicable for Fargate.',
      fargate({ resourceRequirements: [...needs('1', '2048'), { type: 'GPU', value: '1' }] }),
    ],
    ['vcpus is not applicable for Fargate. Use resource requirements instead.', fargate({ vcpus: 1 })],
    ['memory is not applicable for Fargate. Use resource requirements instead.', fargate({ memory: 512 })],
    // Fargate sizes
    [
      'Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid.',
      fargate({ resourceRequirements: needs('2', '1024') }),
    ],
    [
      'Fargate resource requirements (0.25 vCPU, 1536 MiB) not valid.',
      fargate({ resourceRequirements: needs('0.25', '1536') }),
    ],
    [
      'Fargate resource requirements (3.00 vCPU, 8192 MiB) not valid.',
      fargate({ resourceRequirements: needs('3', '8192') }),
    ],
    // Fargate only, EC2 only
    ['networkConfiguration not applicable for EC2.', ec2({ networkConfiguration: { assignPublicIp: 'ENABLED' } })],
    ['fargatePlatformConfiguration not applicable for EC2.', ec2({ fargatePlatformConfiguration: {} })],
    ['runtimePlatform is not applicable for EC2.', ec2({ runtimePlatform: { cpuArchitecture: 'ARM64' } })],
    ['ulimits is not applicable for Fargate.', fargate({ ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 1 }] })],
    ['linuxParameter.maxSwap is not allowed for Fargate.', fargate({ linuxParameters: { maxSwap: 1, swappiness: 1 } })],
    ['linuxParameter.swappiness is not allowed for Fargate.', fargate({ linuxParameters: { swappiness: 1 } })],
    [
      'linuxParameter.sharedMemorySize is not allowed for Fargate.',
      fargate({ linuxParameters: { sharedMemorySize: 1 } }),
    ],
    [
      'linuxParameter.tmpfs is not allowed for Fargate.',
      fargate({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1 }] } }),
    ],
    [
      'linuxParameter.devices is not allowed for Fargate.',
      fargate({ linuxParameters: { devices: [{ hostPath: '/dev/fuse' }] } }),
    ],
    [
      'host.sourcePath should not be set for volumes in Fargate.',
      fargate({ volumes: [{ name: 'scratch', host: { sourcePath: '/scratch' } }] }),
    ],
    ['Log driver for Fargate is not valid: journald', fargate({ logConfiguration: { logDriver: 'journald' } })],
    [
      'Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB',
      fargate({ ephemeralStorage: { sizeInGiB: 20 } }),
    ],
    [
      'EFS is supported for Fargate platform versions 1.4.0 or later, provided 1.3.0',
      fargate({
        fargatePlatformConfiguration: { platformVersion: '1.3.0' },
        volumes: [{ name: 'shared', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
      }),
    ],
    // runtimePlatform
    [
      'RuntimePlatform supports only one from [WINDOWS_SERVER_2019_CORE, WINDOWS_SERVER_2019_FULL, WINDOWS_SERVER_2022_CORE, WINDOWS_SERVER_2022_FULL, LINUX] operating systems, provided BEOS',
      fargate({ runtimePlatform: { operatingSystemFamily: 'BEOS' } }),
    ],
    ['Windows supported only by X86_64 cpuArchitecture', windows({}, 'ARM64')],
    [
      'vCPU must be at least 1 for Windows Job definition, got 0.5.',
      windows({ resourceRequirements: needs('0.5', '1024') }),
    ],
    // swap, tmpfs
    ['Invalid swap memory size: -1, must be non-negative.', ec2({ linuxParameters: { maxSwap: -1, swappiness: 60 } })],
    ['When container specified swap memory, swappiness value is required.', ec2({ linuxParameters: { maxSwap: 512 } })],
    ['Invalid swappiness: 101, must be between 0 and 100.', ec2({ linuxParameters: { swappiness: 101 } })],
    [
      'Size of a tmpfs is invalid. The size is required and must be a positive integer.',
      ec2({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 0 }] } }),
    ],
    // volumes
    [
      'When the volume parameter is specified, only one volume configuration type should be used.',
      ec2({
        volumes: [{ name: 'v', host: { sourcePath: '/v' }, efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
      }),
    ],
    [
      'A jobRoleArn/taskRoleArn is required when using s3filesVolumeConfiguration.',
      ec2({ volumes: [{ name: 'v', s3filesVolumeConfiguration: { fileSystemArn: 'arn:aws:s3files:x' } }] }),
    ],
    ["Unknown volume 'absent'.", ec2({ mountPoints: [{ sourceVolume: 'absent', containerPath: '/a' }] })],
    // logs, secrets
    [
      'Log driver awslogs disallows options: awslogs-colour, mode',
      ec2({
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-colour': 'x', 'awslogs-group': 'g', mode: 'y' } },
      }),
    ],
    [
      'executionRoleArn cannot be empty when using secrets or secretOptions',
      ec2({ secrets: [{ name: 'TOKEN', valueFrom: 'arn' }] }),
    ],
    [
      'executionRoleArn cannot be empty when using secrets or secretOptions',
      ec2({ logConfiguration: { logDriver: 'splunk', secretOptions: [{ name: 'token', valueFrom: 'arn' }] } }),
    ],
    ['secrets[1].name must not be empty.', secret('TOKEN', '')],
    ['secrets[0].name is not valid: A=B', secret('A=B')],
    [
      'Environment variable AWS_BATCH_X is not valid. Environment variables cannot start with AWS_BATCH.',
      secret('AWS_BATCH_X'),
    ],
    [secretNotUnique('TOKEN'), secret('TOKEN', 'TOKEN')],
    [secretNotUnique('LAB'), ec2({ ...secret('LAB').containerProperties, environment: [{ name: 'LAB', value: 'x' }] })],
    // user
    ["User 'Jane Doe' does not match regex ^([a-z0-9_][a-z0-9_-]{0,30})$", ec2({ user: 'Jane Doe' })],
    // retry, priority
    ['RetryAttempts must be provided with retry strategy', ec2({}, { retryStrategy: { evaluateOnExit: [] } })],
    [
      'EvaluateOnExit should contain at least one of onExitCode, onReason or onStatusReason',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onReason: '' }] } }),
    ],
    [
      'Evaluate on exit condition contains restricted characters.',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onStatusReason: 'Host (EC2)' }] } }),
    ],
    [
      'Evaluate on exit condition contains restricted characters.',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onExitCode: 'one' }] } }),
    ],
    [
      'Evaluate on exit condition contains restricted characters.',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onReason: '*Pull' }] } }),
    ],
    [
      'Evaluate on exit condition cannot exceed 512 characters.',
      ec2({}, { retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onReason: 'x'.repeat(513) }] } }),
    ],
    ['Scheduling priority must be between 0 and 9999.', ec2({}, { schedulingPriority: 10_000 })],
    // multinode
    ['Node properties of multinode job is required.', { jobDefinitionName: 'align', type: 'multinode' }],
    [
      'Maximum allowed size of node range properties is 5',
      nodes({ nodeRangeProperties: Array(6).fill({ targetNodes: '0:', container: plain }) }),
    ],
    ['Must specify container for node range 0:', nodes({ nodeRangeProperties: [{ targetNodes: '0:' }] })],
    [
      'targetNodes should contain only digits.',
      nodes({ nodeRangeProperties: [{ targetNodes: 'all', container: plain }] }),
    ],
    ['Main node index is out of range, must be less than numNodes.', nodes({ mainNode: 4 })],
    ['Number of nodes must be between 1 and 1000.', nodes({ numNodes: 1001 })],
    [
      'NodeRangeProperties can not use both ecsProperties and container fields',
      nodes({
        nodeRangeProperties: [
          { targetNodes: '0:', container: plain, ecsProperties: { taskProperties: [{ containers: [alpha] }] } },
        ],
      }),
    ],
    [
      'Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.',
      nodes({ nodeRangeProperties: [{ targetNodes: '0:', container: plain, instanceTypes: ['c5.large'] }] }),
    ],
    // multi-container
    ['Number of containers must be between 1 and 10', task({ containers: [] })],
    ['At least one container must be set as essential', task({ containers: [{ ...alpha, essential: false }] })],
    [
      'containerName gamma must reference a defined container.',
      task({ containers: [{ ...alpha, dependsOn: [{ containerName: 'gamma', condition: 'START' }] }, beta] }),
    ],
    [
      'The container target of a dependency can not have condition SUCCESS if the target is essential',
      task({ containers: [alpha, { ...beta, dependsOn: [{ containerName: 'alpha', condition: 'SUCCESS' }] }] }),
    ],
    [
      'TaskContainer dependency HEALTHY is not valid. Valid values are: [START, COMPLETE, SUCCESS]',
      task({ containers: [alpha, { ...beta, dependsOn: [{ containerName: 'alpha', condition: 'HEALTHY' }] }] }),
    ],
    [
      'Container dependency can not be used in a single-container job.',
      task({ containers: [{ ...alpha, dependsOn: [{ containerName: 'alpha', condition: 'START' }] }] }),
    ],
    [
      'When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver',
      task({ containers: [{ ...alpha, firelensConfiguration: { type: 'fluentbit' } }] }),
    ],
    ['ipcMode shared is not valid. Valid values are: [host, task, none]', task({ ipcMode: 'shared' })],
    ['Capability none is not valid. Valid capabilities: [host, task]', task({ pidMode: 'none' })],
    // EKS
    ['Value 0.5 for type nvidia.com/gpu in resources is not valid.', pod({ 'nvidia.com/gpu': '0.5' })],
    // managed instances
    [
      'Cannot use ECS containerProperties for MANAGED_INSTANCES',
      ec2({}, { platformCapabilities: ['MANAGED_INSTANCES'] }),
    ],
    ['MANAGED_INSTANCES does not support MNP jobs', nodes({}, { platformCapabilities: ['MANAGED_INSTANCES'] })],
    [
      'runtimePlatform for MANAGED_INSTANCES only supports LINUX operating system family.',
      task({ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }, ['MANAGED_INSTANCES']),
    ],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateJobDefinition(request)).toEqual(refuseWrapped(text))
  })
})

describe('accepted', () => {
  const rows: [what: string, request: Request][] = [
    ['a plain container', ec2({})],
    ['the old members', ec2({ resourceRequirements: [], vcpus: 1, memory: 512 })],
    [
      'an old member beside a requirement of the other type',
      ec2({ resourceRequirements: [{ type: 'MEMORY', value: '4' }], vcpus: 2 }),
    ],
    ['an image by digest', ec2({ image: `public.ecr.aws/lab/align@sha256:${'a'.repeat(64)}` })],
    ['an empty list of capabilities, as Terraform may send', ec2({}, { platformCapabilities: [] })],
    ['an empty retry strategy', ec2({}, { retryStrategy: {} })],
    [
      'a retry strategy as Nextflow sends it',
      ec2(
        {},
        {
          retryStrategy: {
            attempts: 5,
            evaluateOnExit: [
              { action: 'RETRY', onStatusReason: 'Host EC2*' },
              { action: 'EXIT', onReason: '*' },
            ],
          },
        },
      ),
    ],
    ["Metaflow's empty linuxParameters", ec2({ linuxParameters: {} })],
    [
      "Nextflow's volumes",
      ec2({
        volumes: [
          { name: 'aws-cli', host: { sourcePath: '/home/ec2-user/miniconda' } },
          { name: 'vol-1', host: { sourcePath: '/docker_scratch' } },
        ],
        mountPoints: [
          { sourceVolume: 'aws-cli', containerPath: '/home/ec2-user/miniconda', readOnly: true },
          { sourceVolume: 'vol-1', containerPath: '/tmp' },
        ],
      }),
    ],
    ['user and group by id', ec2({ user: '1000:1000' })],
    ['a fraction of a vCPU on Fargate', fargate({ resourceRequirements: needs('0.25', '512') })],
    ['the largest Fargate task', fargate({ resourceRequirements: needs('16', '122880') })],
    ['a Windows task on Fargate', windows({})],
    [
      'several containers',
      task({ containers: [alpha, { ...beta, dependsOn: [{ containerName: 'alpha', condition: 'START' }] }] }),
    ],
    [
      'several containers whose sum is a Fargate size',
      task(
        {
          containers: [
            { ...alpha, resourceRequirements: needs('0.25', '512') },
            { ...beta, resourceRequirements: needs('0.25', '512') },
          ],
          executionRoleArn: 'arn',
        },
        ['FARGATE'],
      ),
    ],
    [
      'a chain of containers',
      task({
        containers: [
          { ...alpha, dependsOn: [{ containerName: 'gamma', condition: 'SUCCESS' }] },
          { ...beta, dependsOn: [{ containerName: 'gamma', condition: 'START' }] },
          { ...beta, name: 'gamma' },
        ],
      }),
    ],
    ['a pod whose init container asks for nothing', podOf({ initContainers: [{ image: 'busybox', name: 'init' }] })],
    ['a pod that may burst', pod({ cpu: '2.0', memory: '512Mi' }, { cpu: '0.25', memory: '512Mi' })],
    ['a pod', pod({ cpu: '1', memory: '512Mi', 'nvidia.com/gpu': '1' })],
    [
      'nested node ranges',
      nodes({
        nodeRangeProperties: [
          { targetNodes: '0:3', container: plain },
          { targetNodes: '1:2', container: plain },
        ],
      }),
    ],
    ['fifty tags', ec2({}, { tags: tooMany(50) })],
  ]

  test.each(rows)('%s', (_what, request) => {
    expect(validateJobDefinition(request)).toBeUndefined()
  })
})
