/** Values for members: made from their shapes, except those that need a meaning. */
import type { Shape } from '../../support/generated-bodies.ts'
import { elementOf, requiredMembers, shapeOf, structureIn } from './member-paths.ts'

type Structure = Readonly<Record<string, unknown>>

const role = 'arn:aws:iam::123456789012:role/probe'
const s3Files = 'arn:aws:s3files:us-west-2:123456789012'
const cluster = 'arn:aws:eks:us-west-2:123456789012:cluster/probe'

/** What file systems and access points the values name. */
export const fileSystems: readonly string[] = ['fs-12345678', 'fsap-12345678']

/** By structure and member. If there are several in a list, each is tried. */
const meanings: Readonly<Record<string, readonly unknown[]>> = {
  'RegisterJobDefinitionRequest.type': ['container'],
  'RegisterJobDefinitionRequest.platformCapabilities': [['EC2']],
  'ContainerProperties.jobRoleArn': [role],
  'ContainerProperties.executionRoleArn': [role],
  'ContainerProperties.user': ['nobody', '1000:1000'],
  'TaskContainerProperties.user': ['nobody'],
  'EFSVolumeConfiguration.fileSystemId': ['fs-12345678'],
  'EFSVolumeConfiguration.transitEncryption': ['ENABLED'],
  'EFSVolumeConfiguration.rootDirectory': ['/probe'],
  'EFSAuthorizationConfig.accessPointId': ['fsap-12345678'],
  'EFSAuthorizationConfig.iam': ['ENABLED'],
  'S3FilesVolumeConfiguration.fileSystemArn': [`${s3Files}:file-system/fs-12345678`],
  'S3FilesVolumeConfiguration.accessPointArn': [`${s3Files}:access-point/fsap-12345678`],
  'MountPoint.sourceVolume': ['v1'],
  'Ulimit.name': ['nproc'],
  'ResourceRequirement.type': ['VCPU'],
  'ResourceRequirement.value': ['2'],
  'LinuxParameters.swappiness': [30],
  'LogConfiguration.logDriver': ['journald'],
  'LogConfiguration.options': [{ 'awslogs-group': 'probe' }],
  'FargatePlatformConfiguration.platformVersion': ['1.4.0'],
  'EcsTaskProperties.platformVersion': ['1.4.0'],
  'EphemeralStorage.sizeInGiB': [50],
  'RuntimePlatform.operatingSystemFamily': ['LINUX'],
  'RuntimePlatform.cpuArchitecture': ['ARM64'],
  'NodeProperties.numNodes': [3],
  'NodeProperties.mainNode': [1],
  'NodeRangeProperty.targetNodes': ['0:1'],
  'NodeRangeProperty.instanceTypes': [['p4d.24xlarge']],
  'EcsTaskProperties.taskRoleArn': [role],
  'EcsTaskProperties.executionRoleArn': [role],
  'EcsTaskProperties.ipcMode': ['none', 'task', 'host'],
  'EcsTaskProperties.pidMode': ['task', 'host'],
  'TaskContainerDependency.containerName': ['side'],
  'TaskContainerDependency.condition': ['START', 'COMPLETE', 'SUCCESS'],
  'TaskContainerProperties.essential': [true],
  'TaskContainerProperties.startTimeout': [30],
  'TaskContainerProperties.stopTimeout': [30],
  'EksPodProperties.dnsPolicy': ['Default', 'ClusterFirst', 'ClusterFirstWithHostNet'],
  'EksPodProperties.shareProcessNamespace': [false, true],
  'EksPodProperties.serviceAccountName': ['probe', 'default'],
  'EksContainer.imagePullPolicy': ['IfNotPresent', 'Always', 'Never'],
  'EksContainerResourceRequirements.limits': [{ cpu: '2', memory: '64Mi' }],
  'EksContainerResourceRequirements.requests': [{ cpu: '0.5', memory: '64Mi' }],
  'EksContainerVolumeMount.name': ['v1'],
  'EksContainerSecurityContext.allowPrivilegeEscalation': [false, true],
  'EksEmptyDir.medium': ['', 'Memory'],
  'ConsumableResourceRequirement.consumableResource': ['license'],
  'RetryStrategy.attempts': [3],
  'EvaluateOnExit.action': ['exit'],
  'EvaluateOnExit.onExitCode': ['12*'],
  'EvaluateOnExit.onReason': ['probe*'],
  'EvaluateOnExit.onStatusReason': ['probe*'],
  'JobTimeout.attemptDurationSeconds': [120],
  'SubmitJobRequest.jobQueue': ['parked'],
  'SubmitJobRequest.jobDefinition': ['container'],
  'ArrayProperties.size': [3],
  'JobDependency.type': ['SEQUENTIAL'],
  'ContainerOverrides.memory': [128],
  'NodeOverrides.numNodes': [3],
  'NodePropertyOverride.targetNodes': ['0:'],
  'NodePropertyOverride.instanceTypes': [['p4d.24xlarge']],
  'TaskContainerOverrides.name': ['main'],
  'EksContainerOverride.name': ['main'],
  'CreateComputeEnvironmentRequest.state': ['ENABLED'],
  'CreateComputeEnvironmentRequest.type': ['MANAGED'],
  'CreateComputeEnvironmentRequest.serviceRole': [role],
  'ComputeResource.type': ['EC2', 'SPOT', 'ECS_MANAGED_INSTANCES'],
  'ComputeResource.allocationStrategy': [
    ...['BEST_FIT', 'BEST_FIT_PROGRESSIVE', 'BEST_FIT_PROGRESSIVE_ORDERED'],
    ...['SPOT_CAPACITY_OPTIMIZED', 'SPOT_CAPACITY_OPTIMIZED_PRIORITIZED', 'SPOT_PRICE_CAPACITY_OPTIMIZED'],
  ],
  'ComputeResource.instanceTypes': [['optimal'], ['c5', 'm7i-flex.large']],
  'ComputeResource.minvCpus': [1],
  'ComputeResource.desiredvCpus': [1],
  'ComputeScalingPolicy.minScaleDownDelayMinutes': [30],
  'LaunchTemplateSpecificationOverride.targetInstanceTypes': [['c5.large']],
  'Ec2Configuration.imageType': ['ECS_AL2023'],
  'Ec2Configuration.imageKubernetesVersion': ['1.31'],
  'EksConfiguration.eksClusterArn': [cluster],
  'EksConfiguration.kubernetesNamespace': ['probe'],
  'CreateJobQueueRequest.jobQueueType': ['ECS'],
  'CreateJobQueueRequest.schedulingPolicyArn': ['arn:aws:batch:us-west-2:123456789012:scheduling-policy/fair'],
  'ComputeEnvironmentOrder.computeEnvironment': ['off'],
  'ServiceEnvironmentOrder.serviceEnvironment': ['training'],
  'JobStateTimeLimitAction.reason': ['MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE'],
  'JobStateTimeLimitAction.maxTimeSeconds': [1200],
  'JobStateTimeLimitAction.action': ['CANCEL'],
  'ShareAttributes.weightFactor': [0.5],
  'CreateConsumableResourceRequest.resourceType': ['NON_REPLENISHABLE'],
  'CapacityLimit.capacityUnit': ['ml.m5.large', 'NUM_INSTANCES'],
  'CreateQuotaShareRequest.jobQueue': ['quotas'],
  'QuotaShareCapacityLimit.capacityUnit': ['ml.m5.large'],
  'QuotaShareResourceSharingConfiguration.strategy': ['RESERVE', 'LEND', 'LEND_AND_BORROW'],
}

/** What a structure needs beyond its required members to be complete. */
const complete: Readonly<Record<string, Structure>> = {
  Volume: { name: 'v2' },
  EFSVolumeConfiguration: { transitEncryption: 'ENABLED' },
  KeyValuePair: { name: 'PROBE', value: 'probe' },
  MountPoint: { sourceVolume: 'v1', containerPath: '/v1' },
  Ulimit: { name: 'nofile', softLimit: 10, hardLimit: 20 },
  LogConfiguration: { logDriver: 'awslogs' },
  TaskContainerDependency: { containerName: 'side', condition: 'START' },
  EksContainerVolumeMount: { name: 'v1', mountPath: '/v1' },
  EksVolume: { name: 'v2' },
  TaskContainerOverrides: { name: 'main' },
  ConsumableResourceRequirement: { consumableResource: 'license', quantity: 1 },
  RetryStrategy: { attempts: 2 },
  EvaluateOnExit: { onExitCode: '1', action: 'retry' },
  LaunchTemplateSpecification: { launchTemplateName: 'complete' },
  LaunchTemplateSpecificationOverride: { launchTemplateName: 'complete', targetInstanceTypes: ['c5.large'] },
  JobStateTimeLimitAction: { reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', maxTimeSeconds: 600 },
  CapacityLimit: { capacityUnit: 'ml.m5.large', maxCapacity: 2 },
}

/** What must accompany a member. Undefined: must not be present. */
const beside: Readonly<Record<string, Structure>> = {
  'ContainerProperties.vcpus': { resourceRequirements: [{ type: 'MEMORY', value: '64' }] },
  'ContainerProperties.memory': { resourceRequirements: [{ type: 'VCPU', value: '1' }] },
  'LinuxParameters.maxSwap': { swappiness: 10 },
  'TaskContainerProperties.firelensConfiguration': { logConfiguration: { logDriver: 'awsfirelens' } },
  'EksContainerSecurityContext.runAsGroup': { runAsUser: 1000 },
  'EksContainerSecurityContext.runAsNonRoot': { runAsUser: 1000 },
  'ComputeResource.allocationStrategy': { instanceTypes: ['c5'] },
  'ComputeResource.desiredvCpus': { minvCpus: 0 },
  'CreateSchedulingPolicyRequest.quotaSharePolicy': { fairsharePolicy: undefined },
  'QuotaShareResourceSharingConfiguration.borrowLimit': { strategy: 'LEND_AND_BORROW' },
}

export function valuesFor(structure: string, member: string): readonly unknown[] {
  return meanings[`${structure}.${member}`] ?? [fromShape(shapeOf(structure, member), member)]
}

export function besideOf(structure: string, member: string): Structure {
  return beside[`${structure}.${member}`] ?? {}
}

/** With the required members, and nothing more. */
export function completeStructure(structure: string): Structure {
  const required = requiredMembers(structure).map((member) => {
    const inner = structureIn(structure, member)
    if (inner === undefined) return [member, valuesFor(structure, member)[0]] as const
    const value = completeStructure(inner)
    return [member, shapeOf(structure, member).type === 'array' ? [value] : value] as const
  })
  return { ...Object.fromEntries(required), ...complete[structure] }
}

/** Unlike any value that a server would fill in by itself. */
function fromShape(shape: Shape, member: string): unknown {
  if (shape.enum) return shape.enum.at(-1)
  switch (shape.type) {
    case 'string':
      return `probe-${member}`
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return 7
    case 'array':
      return [fromShape(elementOf(shape), member)]
    case 'object':
      return { probe: `of ${member}` }
    default:
      throw new Error(`no value is known for ${member} of ${JSON.stringify(shape)}`)
  }
}

/** Names in the tables above that no shape has any more. */
export function strayMeanings(known: ReadonlySet<string>): string[] {
  const structures = new Set([...known].map((name) => name.split('.')[0]!))
  return [
    ...[...Object.keys(meanings), ...Object.keys(beside)].filter((name) => !known.has(name)),
    ...Object.keys(complete).filter((name) => !structures.has(name)),
  ]
}
