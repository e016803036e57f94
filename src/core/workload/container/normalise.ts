/**
 * A container as DescribeJobDefinitions returns it, with AWS's empty lists (docs/aws §1.7, §2.3).
 */
import type {
  ContainerProperties,
  LinuxParameters,
  LogConfiguration,
  TaskContainerProperties,
} from '../../../model/generated/batch.ts'
import { withValues } from './environment-variables.ts'

/** Expects properties that passed the check. The result shares the unchanged parts. */
export function normaliseContainer(container: ContainerProperties): ContainerProperties {
  return { ...containerLists(container), volumes: container.volumes ?? [], ...nested(container) }
}

/** One container of an ECS task. */
export function normaliseTaskContainer(container: TaskContainerProperties): TaskContainerProperties {
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
