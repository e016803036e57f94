/**
 * Jobs of several containers: `ecsProperties`. “process:” says where the process driver differs.
 */
import type { Lines } from '../line.ts'
import { commonSettings } from './containers.ts'

const container = {
  image: commonSettings.image,
  command: commonSettings.command,
  dependsOn: 'full: START, COMPLETE, SUCCESS',
  environment: 'full',
  essential: 'full: true unless it is given',
  firelensConfiguration:
    'refused: registered and shown; SubmitJob refuses such a definition: no log goes through a container',
  linuxParameters: 'full',
  logConfiguration: 'full',
  mountPoints: 'full',
  name: 'full: needed where there are several containers; the only one is `default`',
  privileged: commonSettings.privileged,
  readonlyRootFilesystem: commonSettings.readonlyRootFilesystem,
  repositoryCredentials: commonSettings.repositoryCredentials,
  resourceRequirements: 'full: the task takes the sum, from its beginning to its end',
  secrets: commonSettings.secrets,
  ulimits: 'full',
  user: commonSettings.user,
  startTimeout: 'full: counts from the start of this container, for those that wait for it; none unless it is given',
  stopTimeout: 'full: the server’s `jobs.stopGraceSeconds` unless it is given',
} as const

const task = {
  ephemeralStorage: commonSettings.ephemeralStorage,
  executionRoleArn: commonSettings.executionRoleArn,
  platformVersion: 'stored',
  ipcMode:
    'partial: `none`, and `task` where there is one container; else SubmitJob refuses: containers do not share memory',
  taskRoleArn: 'full: keys of the role that end with the attempt; who registers it needs iam:PassRole',
  pidMode:
    'partial: `task` where there is one container; else SubmitJob refuses: containers do not see each other’s processes',
  networkConfiguration: commonSettings.networkConfiguration,
  runtimePlatform: commonSettings.runtimePlatform,
  volumes: 'full: those without a path are shared by the containers, and gone with the attempt',
  enableExecuteCommand: 'stored',
  networkMode: 'stored: the containers of a task reach each other on 127.0.0.1, whatever it says',
} as const

const ran = {
  exitCode: 'full',
  reason: 'full: at most 255 characters',
  logStreamName: 'full: `prefix/container/task`, once it runs',
  networkInterfaces: 'partial: the private IPv4 address of a node of a multi-node job; else an empty list',
} as const
const placed = {
  containerInstanceArn: 'partial: as in ContainerDetail',
  taskArn: 'partial: as in ContainerDetail',
} as const

export const taskLines: Lines = {
  EcsProperties: { taskProperties: 'full: exactly one' },
  EcsTaskProperties: { containers: 'full: 1 to 10, one at least essential', ...task },
  TaskContainerProperties: container,
  TaskContainerDependency: {
    containerName: 'full',
    condition: 'full: as on AWS, an essential container can be waited for with START alone',
  },
  EcsPropertiesOverride: { taskProperties: 'full: at most one' },
  TaskPropertiesOverride: { containers: 'full: each names the container it is for, which one alone need not' },
  TaskContainerOverrides: {
    command: 'full: an empty list keeps the definition’s',
    environment: 'full: merged by name',
    name: 'full',
    resourceRequirements: 'full: merged by type; on Fargate the new sum must be a size that Fargate has',
  },
  EcsPropertiesDetail: { taskProperties: 'full: overrides merged, parameters put in' },
  EcsTaskDetails: { containers: 'full', ...placed, ...task },
  TaskContainerDetails: { ...container, ...ran },
  AttemptEcsTaskDetails: { ...placed, containers: 'full' },
  AttemptTaskContainerDetails: { ...ran, name: 'full' },
  NetworkInterface: { attachmentId: 'absent', ipv6Address: 'absent', privateIpv4Address: 'full' },
}
