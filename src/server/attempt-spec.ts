/** A job and its attempt → what its driver needs to run it: environment, mounts and limits, with nothing left to look up. */
import type { AttemptSpec, LinuxSpec, MountSpec } from '../drivers/driver.ts'
import type { ContainerDetail } from '../model/generated/batch.ts'
import type { Job, LiveAttempt } from '../model/job.ts'

export interface SpecSettings {
  readonly region: string
  /** How jobs reach this server; undefined when they cannot. */
  readonly endpoint: string | undefined
  readonly fargate: boolean
}

/** The host path the users' site gives as scratch space: a fresh directory per attempt here (design §4). */
const scratchPath = '/docker_scratch'

export function attemptSpec(job: Job, attempt: LiveAttempt, settings: SpecSettings): AttemptSpec {
  const { container, resources } = job.spec
  const linux = linuxSpec(container)
  return {
    name: attempt.name,
    jobId: job.jobId,
    attempt: attempt.number,
    image: container.image ?? '',
    command: container.command ?? [],
    environment: environmentOf(job, attempt, settings),
    vcpus: resources.vcpus,
    cpuIsHardLimit: settings.fargate,
    memoryMib: resources.memoryMib,
    gpus: resources.gpus,
    ...(container.user ? { user: container.user } : {}),
    privileged: container.privileged ?? false,
    readonlyRootFilesystem: container.readonlyRootFilesystem ?? false,
    mounts: mountsOf(container),
    ulimits: (container.ulimits ?? []).map(({ name, softLimit, hardLimit }) => ({ name, softLimit, hardLimit })),
    ...(linux ? { linux } : {}),
    labels: {
      'openbatch.job': job.jobId,
      'openbatch.queue': job.spec.jobQueue,
      'openbatch.owner': job.spec.owner,
    },
  }
}

/** Precedence (batch-semantics §7.2): ours where the user set nothing < definition and overrides < AWS_BATCH_*. */
function environmentOf(job: Job, attempt: LiveAttempt, settings: SpecSettings): Record<string, string> {
  const own = Object.fromEntries(
    (job.spec.container.environment ?? []).map(({ name, value }) => [name ?? '', value ?? '']),
  )
  delete own['']
  return {
    ...(settings.endpoint ? { AWS_ENDPOINT_URL: settings.endpoint } : {}),
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    AWS_EXECUTION_ENV: settings.fargate ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2',
    ...own,
    AWS_BATCH_JOB_ID: job.jobId,
    AWS_BATCH_JOB_ATTEMPT: String(attempt.number),
    AWS_BATCH_JQ_NAME: job.spec.jobQueue,
    AWS_BATCH_CE_NAME: attempt.computeEnvironment,
    ...(job.arrayIndex === undefined
      ? {}
      : {
          AWS_BATCH_JOB_ARRAY_INDEX: String(job.arrayIndex),
          AWS_BATCH_JOB_ARRAY_SIZE: String(job.spec.arraySize),
        }),
  }
}

function mountsOf(container: ContainerDetail): MountSpec[] {
  const volumes = new Map((container.volumes ?? []).map((volume) => [volume.name ?? '', volume]))
  return (container.mountPoints ?? []).flatMap((mount): MountSpec[] => {
    const volume = volumes.get(mount.sourceVolume ?? '')
    if (!volume || !mount.containerPath) return []
    const { containerPath } = mount
    const readOnly = mount.readOnly ?? false
    const sourcePath = volume.host?.sourcePath
    // Without a source path AWS makes a throw-away directory, shared by the mounts of that volume.
    if (!sourcePath || sourcePath === scratchPath)
      return [{ kind: 'scratch', volume: volume.name ?? '', containerPath, readOnly }]
    return [{ kind: 'host', sourcePath, containerPath, readOnly }]
  })
}

function linuxSpec(container: ContainerDetail): LinuxSpec | undefined {
  const linux = container.linuxParameters
  if (!linux) return undefined
  return {
    ...(linux.initProcessEnabled === undefined ? {} : { initProcessEnabled: linux.initProcessEnabled }),
    ...(linux.sharedMemorySize ? { sharedMemorySizeMib: linux.sharedMemorySize } : {}),
    ...(linux.maxSwap === undefined ? {} : { maxSwapMib: linux.maxSwap }),
    ...(linux.swappiness === undefined ? {} : { swappiness: linux.swappiness }),
    devices: (linux.devices ?? []).map((device) => ({
      hostPath: device.hostPath,
      containerPath: device.containerPath ?? device.hostPath,
      permissions: (device.permissions ?? ['READ', 'WRITE', 'MKNOD'])
        .map((it) => ({ READ: 'r', WRITE: 'w', MKNOD: 'm' })[it])
        .join(''),
    })),
    tmpfs: (linux.tmpfs ?? []).map(({ containerPath, size, mountOptions }) => ({
      containerPath,
      sizeMib: size,
      mountOptions: mountOptions ?? [],
    })),
  }
}
