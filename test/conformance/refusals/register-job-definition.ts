/** Job definitions that are refused (docs/aws §1.8). */

import { DescribeJobDefinitionsCommand } from '@aws-sdk/client-batch'
import {
  container,
  member,
  memory,
  nodes,
  onEc2,
  pod,
  refused,
  refusedDefinition,
  task,
  vcpu,
} from './definition-requests.ts'
import { fargateRows } from './fargate-definitions.ts'
import { bare, own, type Row, row } from './row.ts'

const kinds: Row[] = [
  refused('containerProperties and ecsProperties', 'Cannot use both ECS containerProperties and ecsProperties', {
    containerProperties: container,
    ...task([member('main')]),
  }),
  refused('containerProperties and eksProperties', 'Cannot use both ECS containerProperties and eksProperties', {
    containerProperties: container,
    eksProperties: pod(),
  }),
  refused('ecsProperties and eksProperties', 'Cannot use both ecsProperties and eksProperties', {
    ...task([member('main')]),
    eksProperties: pod(),
  }),
  refused('an empty container', 'Container properties should not be empty', { containerProperties: {} }),
  refused('no container', 'Container properties should not be empty', {}),
  refused('two platforms', 'Exactly 1 capability must be provided.', {
    ...onEc2({}),
    platformCapabilities: ['EC2', 'FARGATE'],
  }),
  refused(
    'a platform that is none',
    'Capability MOON is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]',
    { ...onEc2({}), platformCapabilities: ['MOON' as never] },
  ),
]

const amounts: Row[] = [
  refused('no vCPUs', 'vCPU is required.', onEc2({ resourceRequirements: [memory('64')] })),
  refused('0 vCPUs', 'vCPU must be at least 1, got 0.', onEc2({ resourceRequirements: [vcpu('0'), memory('64')] })),
  refused(
    'less memory than there must be',
    'Memory must be at least 4 Mib, got 3 Mib.',
    onEc2({ resourceRequirements: [vcpu('1'), memory('3')] }),
  ),
  refused('no memory', 'Memory is required.', onEc2({ resourceRequirements: [vcpu('1')] }), own),
  refused(
    'vCPUs twice',
    'Cannot provide duplicates in resourceRequirements.',
    onEc2({ resourceRequirements: [vcpu('1'), vcpu('2'), memory('64')] }),
  ),
  refused(
    'vCPUs in the old way and in the new',
    'Cannot use both ECS containerProperties vcpus and resourceRequirement VCPU.',
    onEc2({ vcpus: 1 }),
  ),
  refused(
    'memory in the old way and in the new',
    'Cannot use both ECS containerProperties memory and resourceRequirement MEMORY.',
    onEc2({ memory: 64 }),
  ),
  refused(
    'vCPUs with a fraction',
    'Value 1.0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.',
    onEc2({ resourceRequirements: [vcpu('1.0'), memory('64')] }),
  ),
]

const settings: Row[] = [
  refused(
    'negative swap',
    'Invalid swap memory size: -1, must be non-negative.',
    onEc2({ linuxParameters: { maxSwap: -1, swappiness: 60 } }),
  ),
  refused(
    'swap without swappiness',
    'When container specified swap memory, swappiness value is required.',
    onEc2({ linuxParameters: { maxSwap: 64 } }),
  ),
  refused(
    'swappiness out of range',
    'Invalid swappiness: 101, must be between 0 and 100.',
    onEc2({ linuxParameters: { maxSwap: 64, swappiness: 101 } }),
  ),
  refused(
    'a tmpfs of no size',
    'Size of a tmpfs is invalid. The size is required and must be a positive integer.',
    onEc2({ linuxParameters: { tmpfs: [{ containerPath: '/fast', size: 0 }] } }),
  ),
  refused(
    'a volume of two kinds',
    'When the volume parameter is specified, only one volume configuration type should be used.',
    onEc2({
      volumes: [
        { name: 'data', host: { sourcePath: '/data' }, efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } },
      ],
    }),
  ),
  refused(
    'S3 Files without a role',
    'A jobRoleArn/taskRoleArn is required when using s3filesVolumeConfiguration.',
    onEc2({
      volumes: [
        {
          name: 'data',
          s3filesVolumeConfiguration: {
            fileSystemArn: 'arn:aws:s3files:us-west-2:123456789012:file-system/fs-12345678',
          },
        },
      ],
    }),
  ),
  refused(
    'an option awslogs does not have',
    'Log driver awslogs disallows options: mode',
    onEc2({ logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'lab', mode: 'non-blocking' } } }),
  ),
  refused(
    'secrets without an execution role',
    'executionRoleArn cannot be empty when using secrets or secretOptions',
    onEc2({ secrets: [{ name: 'TOKEN', valueFrom: 'token' }] }),
  ),
  refused(
    'secret options without an execution role',
    'executionRoleArn cannot be empty when using secrets or secretOptions',
    onEc2({
      logConfiguration: { logDriver: 'splunk', secretOptions: [{ name: 'splunk-token', valueFrom: 'token' }] },
    }),
  ),
  refused(
    'a user in capitals',
    "User 'Root' does not match regex ^([a-z0-9_][a-z0-9_-]{0,30})$",
    onEc2({ user: 'Root' }),
  ),
  refused(
    'a variable of a name that is reserved',
    'Environment variable AWS_BATCH_JOB_ID is not valid. Environment variables cannot start with AWS_BATCH.',
    onEc2({ environment: [{ name: 'AWS_BATCH_JOB_ID', value: '1' }] }),
    own,
  ),
  refused('retries without attempts', 'RetryAttempts must be provided with retry strategy', {
    ...onEc2({}),
    retryStrategy: { evaluateOnExit: [{ onExitCode: '1', action: 'RETRY' }] },
  }),
  refused('no condition', 'EvaluateOnExit should contain at least one of onExitCode, onReason or onStatusReason', {
    ...onEc2({}),
    retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY' }] },
  }),
  refused('a condition with parentheses', 'Evaluate on exit condition contains restricted characters.', {
    ...onEc2({}),
    retryStrategy: { attempts: 2, evaluateOnExit: [{ onStatusReason: 'Host EC2 (instance*', action: 'RETRY' }] },
  }),
  refused('a condition too long', 'Evaluate on exit condition cannot exceed 512 characters.', {
    ...onEc2({}),
    retryStrategy: { attempts: 2, evaluateOnExit: [{ onReason: 'x'.repeat(513), action: 'RETRY' }] },
  }),
  refused('a priority too high', 'Scheduling priority must be between 0 and 9999.', {
    ...onEc2({}),
    schedulingPriority: 10_000,
  }),
  refused(
    'a timeout too short',
    'Timeout must be at least 60 seconds, got 59 in timeout.attemptDurationSeconds.',
    { ...onEc2({}), timeout: { attemptDurationSeconds: 59 } },
    own,
  ),
  refused(
    'six consumable resources',
    'Maximum allowed size of consumableResourceList is 5',
    { ...onEc2({}), consumableResourceProperties: consumables('a', 'b', 'c', 'd', 'e', 'f') },
    own,
  ),
  refused(
    'a consumable resource twice',
    'Cannot provide duplicates in consumableResourceList: licence',
    { ...onEc2({}), consumableResourceProperties: consumables('licence', 'licence') },
    own,
  ),
  refused(
    'a name with a space',
    'Job Definition name should match a valid pattern.',
    { ...onEc2({}), jobDefinitionName: 'two words' },
    own,
  ),
  refused(
    'a definition too big',
    'Job definition size must be less than 24 KiB, got 25 KiB',
    onEc2({ command: ['x'.repeat(24 * 1024)] }),
    own,
  ),
  refused(
    'fifty-one tags',
    /^1 validation error detected: Value .* at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50$/,
    { ...onEc2({}), tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag-${index}`, ''])) },
    // The model requires it, and the edge checks it.
    bare,
  ),
]

const multinode: Row[] = [
  refused('a multinode job without nodes', 'Node properties of multinode job is required.', {
    ...onEc2({}),
    type: 'multinode',
  }),
  refused(
    'six node ranges',
    'Maximum allowed size of node range properties is 5',
    nodes({
      numNodes: 6,
      nodeRangeProperties: [0, 1, 2, 3, 4, 5].map((node) => ({ targetNodes: `${node}:${node}`, container })),
    }),
  ),
  refused(
    'a range without a container',
    'Must specify container for node range 0:1',
    nodes({ nodeRangeProperties: [{ targetNodes: '0:1' }] }),
  ),
  refused(
    'a range in words',
    'targetNodes should contain only digits.',
    nodes({ nodeRangeProperties: [{ targetNodes: 'all', container }] }),
  ),
  refused(
    'a main node that is not there',
    'Main node index is out of range, must be less than numNodes.',
    nodes({ mainNode: 2 }),
  ),
  refused('no nodes', 'Number of nodes must be between 1 and 1000.', nodes({ numNodes: 0 })),
  refused('1001 nodes', 'Number of nodes must be between 1 and 1000.', nodes({ numNodes: 1001 })),
  refused(
    'a range of two kinds',
    'NodeRangeProperties can not use both ecsProperties and container fields',
    nodes({ nodeRangeProperties: [{ targetNodes: '0:', container, ...task([member('main')]) }] }),
  ),
  refused(
    'an instance type where none may stand',
    'Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.',
    nodes({ nodeRangeProperties: [{ targetNodes: '0:', container, instanceTypes: ['c5.large'] }] }),
  ),
]

const many = (count: number) => Array.from({ length: count }, (_, index) => member(`c${index}`))
const waiting = (containerName: string, condition: string) =>
  member('second', { dependsOn: [{ containerName, condition }] })

const multiContainer: Row[] = [
  refused('no containers', 'Number of containers must be between 1 and 10', task([])),
  refused('eleven containers', 'Number of containers must be between 1 and 10', task(many(11))),
  refused(
    'no essential container',
    'At least one container must be set as essential',
    task([member('main', { essential: false })]),
  ),
  refused(
    'a dependency on nobody',
    'containerName nobody must reference a defined container.',
    task([member('main'), waiting('nobody', 'START')]),
  ),
  refused(
    'a dependency on the end of an essential container',
    'The container target of a dependency can not have condition COMPLETE if the target is essential',
    task([member('main'), waiting('main', 'COMPLETE')]),
  ),
  refused(
    'a condition of another service',
    'TaskContainer dependency HEALTHY is not valid. Valid values are: [START, COMPLETE, SUCCESS]',
    task([member('main'), waiting('main', 'HEALTHY')]),
  ),
  refused(
    'a dependency of the only container',
    'Container dependency can not be used in a single-container job.',
    task([waiting('second', 'START')]),
  ),
  refused(
    'a log router nobody uses',
    'When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver',
    task([member('main'), member('router', { firelensConfiguration: { type: 'fluentbit' } })]),
  ),
  refused(
    'an ipcMode that is none',
    'ipcMode shareable is not valid. Valid values are: [host, task, none]',
    task([member('main')], { ipcMode: 'shareable' }),
  ),
  refused(
    'a pidMode that is none',
    'Capability private is not valid. Valid capabilities: [host, task]',
    task([member('main')], { pidMode: 'private' }),
  ),
  refused('half a GPU in a pod', 'Value 0.5 for type nvidia.com/gpu in resources is not valid.', {
    eksProperties: pod({ limits: { 'nvidia.com/gpu': '0.5' } }),
  }),
  refused('a single container for managed instances', 'Cannot use ECS containerProperties for MANAGED_INSTANCES', {
    ...onEc2({}),
    platformCapabilities: ['MANAGED_INSTANCES'],
  }),
  refused('many nodes for managed instances', 'MANAGED_INSTANCES does not support MNP jobs', {
    ...nodes({}),
    platformCapabilities: ['MANAGED_INSTANCES'],
  }),
  refused(
    'Windows on managed instances',
    'runtimePlatform for MANAGED_INSTANCES only supports LINUX operating system family.',
    {
      ...task([member('main')], { runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }),
      platformCapabilities: ['MANAGED_INSTANCES'],
    },
  ),
]

function consumables(...names: string[]) {
  return { consumableResourceList: names.map((consumableResource) => ({ consumableResource, quantity: 1 })) }
}

const both = { jobDefinitions: [refusedDefinition], maxResults: 1 }

export const definitionRows: readonly Row[] = [
  ...kinds,
  ...amounts,
  ...fargateRows,
  ...settings,
  ...multinode,
  ...multiContainer,
  row(
    'names and a page at once',
    'JobDefinitions and MaxResults cannot both be set',
    (batch) => batch.send(new DescribeJobDefinitionsCommand(both)),
    bare,
  ),
]
