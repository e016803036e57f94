/**
 * The members of a container, as registered and as a job shows it. “process:” says where the
 * process driver differs.
 */
import type { Lines } from '../line.ts'

export const commonSettings = {
  image: 'full: process: recorded and not used',
  vcpus: 'full: the old member',
  memory: 'full: the old member',
  command: 'full: process: a job without one fails to start',
  jobRoleArn: 'full: keys of the role that end with the attempt; who registers it needs iam:PassRole',
  executionRoleArn: 'full: required for Fargate and beside secrets; says which secrets a job gets, and nothing else',
  volumes: 'full',
  environment: 'full',
  mountPoints: 'full',
  readonlyRootFilesystem: 'full: process: recorded and not enforced',
  privileged: 'full: process: fails to start unless the server runs as root',
  ulimits: 'full',
  user: 'full: process: a user of the machine; another than the server’s own needs a server that runs as root and a data directory that lets others pass',
  instanceType: 'stored: of nodes of multi-node jobs',
  resourceRequirements: 'full',
  linuxParameters: 'full',
  logConfiguration: 'full',
  secrets: 'full: from the secrets of the operator, read as an attempt starts',
  networkConfiguration: 'stored: the network is that of the driver',
  fargatePlatformConfiguration: 'stored',
  enableExecuteCommand: 'stored',
  ephemeralStorage: 'partial: the job waits for so much room on the disk; no limit is set',
  runtimePlatform: 'stored: the job runs on whatever the host is',
  repositoryCredentials:
    'full: without them, images are pulled with the credentials that the operator gives for their registry. process: resolved and not used',
} as const

export const containerLines: Lines = {
  ContainerProperties: commonSettings,
  ContainerDetail: {
    ...commonSettings,
    exitCode: 'full',
    reason: 'full',
    containerInstanceArn: 'partial: of the form ECS gives, made of the host’s id; absent on Fargate, as on AWS',
    taskArn: 'partial: of the form ECS gives; its last part is the task id in logStreamName',
    logStreamName: 'full: from RUNNING on; one stream for each attempt',
    networkInterfaces: 'absent: always an empty list',
  },
  ResourceRequirement: {
    value: 'full',
    type: 'full: VCPU is a weight, on Fargate a hard limit; MEMORY is a hard limit; process: GPU fails to start',
  },
  KeyValuePair: { name: 'full', value: 'full: a variable with an empty one is dropped and not shown, as on AWS' },
  Volume: {
    name: 'full',
    host: 'full: without a path, a throw-away directory for each attempt; process: where the server is not root, only at `/tmp`',
    efsVolumeConfiguration: 'full: a directory that the operator names for the id; SubmitJob refuses other ids by name',
    s3filesVolumeConfiguration:
      'full: a directory that the operator names for the ARN; SubmitJob refuses other ARNs by name',
  },
  Host: {
    sourcePath:
      'full: scratch space, the `aws` command and files of EC2 need no host path; others go through the map `hostPaths`',
  },
  EphemeralStorage: { sizeInGiB: 'partial: counts as `openbatch:scratchGiB`; no limit is set' },
  EFSVolumeConfiguration: {
    fileSystemId: 'full',
    rootDirectory: 'full: one that does not exist fails the start',
    transitEncryption: 'partial: checked and shown; nothing travels',
    transitEncryptionPort: 'partial: checked and shown; nothing travels',
    authorizationConfig: 'full',
  },
  EFSAuthorizationConfig: {
    accessPointId: 'full: a directory that the operator names for the id',
    iam: 'partial: checked and shown; who may write is decided by the files’ modes',
  },
  S3FilesVolumeConfiguration: {
    fileSystemArn: 'full: or the id at its end',
    rootDirectory: 'full: one that does not exist fails the start',
    transitEncryptionPort: 'partial: checked and shown; nothing travels',
    accessPointArn: 'full: a directory that the operator names for the ARN, or for the id at its end',
  },
  MountPoint: {
    containerPath:
      'full: process: where the server is root, but for system directories; else only the host’s own path, or `/tmp` for a throw-away directory',
    readOnly: 'full: process: enforced where the server is root; else recorded',
    sourceVolume: 'full',
  },
  Ulimit: { hardLimit: 'full', name: 'full', softLimit: 'full' },
  LinuxParameters: {
    devices: 'full: process: a device under another name fails to start; permissions are not enforced',
    initProcessEnabled: 'full: process: recorded and not used',
    sharedMemorySize: 'full: process: recorded and not enforced',
    tmpfs: 'full: process: fails to start',
    maxSwap: 'full: where the engine can limit swap; process: recorded and not enforced',
    swappiness: 'partial: docker: only on cgroup v1; process: recorded and not enforced',
  },
  Device: { hostPath: 'full', containerPath: 'full', permissions: 'full' },
  Tmpfs: { containerPath: 'full', size: 'full', mountOptions: 'full' },
  LogConfiguration: {
    logDriver: 'partial: awslogs; the output of a job with another driver is not kept, and it has no logStreamName',
    options:
      'partial: awslogs-group, awslogs-stream-prefix, awslogs-datetime-format and awslogs-multiline-pattern are acted on, all others stored; see docs/use/logs.md',
    secretOptions: 'partial: one that is missing fails the start; no log driver gets them',
  },
  Secret: {
    name: 'full',
    valueFrom:
      'partial: an ARN of Secrets Manager, with or without its random suffix, whole or a JSON key of it; an ARN or name of a parameter. Only AWSCURRENT: other stages and versions do not resolve',
  },
  RepositoryCredentials: { credentialsParameter: 'full: an ARN of Secrets Manager, or the name of the secret' },
}
