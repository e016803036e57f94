/**
 * A definition as DescribeJobDefinitions gives it back: as it went in, with AWS's empty lists, and nothing invented
 * (docs/aws §1.7, §2.3). Clients compare it with what they sent.
 */
import type {
  ConsumableResourceProperties,
  ContainerProperties,
  EcsTaskProperties,
  EksContainer,
  EksPodProperties,
  JobDefinition,
  LinuxParameters,
  LogConfiguration,
  NodeRangeProperty,
  RegisterJobDefinitionRequest,
  RetryAction,
  RetryStrategy,
  TaskContainerProperties,
} from '../../model/generated/batch.ts'
import { withValues } from '../workload/container/environment-variables.ts'

export interface DefinitionIdentity {
  /** With revision. */
  readonly arn: string
  readonly revision: number
}

/** For a request that passed `validateJobDefinition`. Shares what it does not change. */
export function normaliseJobDefinition(
  request: RegisterJobDefinitionRequest,
  { arn, revision }: DefinitionIdentity,
): JobDefinition {
  const { containerProperties, ecsProperties, eksProperties, nodeProperties, retryStrategy, timeout, ...asGiven } =
    request
  return {
    ...asGiven,
    jobDefinitionArn: arn,
    revision,
    status: 'ACTIVE',
    parameters: request.parameters ?? {},
    tags: request.tags ?? {},
    containerOrchestrationType: isEks(request) ? 'EKS' : 'ECS',
    ...(isGiven(retryStrategy) && { retryStrategy: normaliseRetryStrategy(retryStrategy) }),
    ...(timeout?.attemptDurationSeconds !== undefined && { timeout }),
    ...(containerProperties && { containerProperties: normaliseContainer(containerProperties) }),
    ...(ecsProperties && { ecsProperties: { taskProperties: ecsProperties.taskProperties.map(normaliseTask) } }),
    ...(eksProperties?.podProperties && {
      eksProperties: { podProperties: normalisePod(eksProperties.podProperties) },
    }),
    ...(nodeProperties && {
      nodeProperties: {
        ...nodeProperties,
        nodeRangeProperties: nodeProperties.nodeRangeProperties.map(normaliseRange),
      },
    }),
    ...(asGiven.consumableResourceProperties && {
      consumableResourceProperties: normaliseConsumables(asGiven.consumableResourceProperties),
    }),
  }
}

/** Terraform sends actions in upper case and expects them back in lower case. */
export function normaliseRetryStrategy(strategy: RetryStrategy): RetryStrategy {
  return {
    ...strategy,
    evaluateOnExit: (strategy.evaluateOnExit ?? []).map((entry) => ({
      ...entry,
      action: entry.action.toLowerCase() as RetryAction,
    })),
  }
}

/** An empty strategy is none. */
export function isGiven(strategy: RetryStrategy | undefined): strategy is RetryStrategy {
  return strategy?.attempts !== undefined
}

function normaliseContainer(container: ContainerProperties): ContainerProperties {
  return { ...containerLists(container), volumes: container.volumes ?? [], ...nested(container) }
}

function normaliseTask(task: EcsTaskProperties): EcsTaskProperties {
  return { ...task, containers: task.containers.map(normaliseTaskContainer), volumes: task.volumes ?? [] }
}

function normaliseTaskContainer(container: TaskContainerProperties): TaskContainerProperties {
  return { ...containerLists(container), dependsOn: container.dependsOn ?? [], ...nested(container) }
}

function containerLists<T extends ContainerProperties | TaskContainerProperties>(container: T) {
  return {
    ...container,
    command: container.command ?? [],
    environment: withValues(container.environment ?? []),
    mountPoints: container.mountPoints ?? [],
    ulimits: container.ulimits ?? [],
    resourceRequirements: container.resourceRequirements ?? [],
    secrets: container.secrets ?? [],
  }
}

function nested({ linuxParameters, logConfiguration }: ContainerProperties | TaskContainerProperties) {
  return {
    ...(linuxParameters && { linuxParameters: normaliseLinuxParameters(linuxParameters) }),
    ...(logConfiguration && { logConfiguration: normaliseLogConfiguration(logConfiguration) }),
  }
}

function normaliseLinuxParameters(linux: LinuxParameters): LinuxParameters {
  return {
    ...linux,
    devices: (linux.devices ?? []).map((device) => ({ ...device, permissions: device.permissions ?? [] })),
    tmpfs: (linux.tmpfs ?? []).map((mount) => ({ ...mount, mountOptions: mount.mountOptions ?? [] })),
  }
}

function normaliseLogConfiguration(configuration: LogConfiguration): LogConfiguration {
  return {
    ...configuration,
    options: configuration.options ?? {},
    secretOptions: configuration.secretOptions ?? [],
  }
}

function normalisePod(pod: EksPodProperties): EksPodProperties {
  return {
    ...pod,
    containers: (pod.containers ?? []).map(normaliseEksContainer),
    initContainers: (pod.initContainers ?? []).map(normaliseEksContainer),
    volumes: pod.volumes ?? [],
    imagePullSecrets: pod.imagePullSecrets ?? [],
  }
}

function normaliseEksContainer(container: EksContainer): EksContainer {
  return {
    ...container,
    command: container.command ?? [],
    args: container.args ?? [],
    env: container.env ?? [],
    volumeMounts: container.volumeMounts ?? [],
  }
}

function normaliseRange(range: NodeRangeProperty): NodeRangeProperty {
  const { container, ecsProperties, eksProperties, consumableResourceProperties } = range
  return {
    ...range,
    ...(container && { container: normaliseContainer(container) }),
    ...(ecsProperties && { ecsProperties: { taskProperties: ecsProperties.taskProperties.map(normaliseTask) } }),
    ...(eksProperties?.podProperties && {
      eksProperties: { podProperties: normalisePod(eksProperties.podProperties) },
    }),
    ...(consumableResourceProperties && {
      consumableResourceProperties: normaliseConsumables(consumableResourceProperties),
    }),
  }
}

function normaliseConsumables(properties: ConsumableResourceProperties): ConsumableResourceProperties {
  return { consumableResourceList: properties.consumableResourceList ?? [] }
}

function isEks({ eksProperties, nodeProperties }: RegisterJobDefinitionRequest): boolean {
  return Boolean(eksProperties ?? nodeProperties?.nodeRangeProperties.some((range) => range.eksProperties))
}
