/**
 * Turns a container of an attempt into what its driver needs to run it: environment, mounts and
 * limits, with nothing left to look up.
 */
import type { TaskContainer } from '../../core/workload/task-container.ts'
import type { AttemptGroup, AttemptSpec, LinuxSpec, MountSpec } from '../../drivers/driver.ts'
import { stableId } from '../../ground/stable-id.ts'
import type { ContainerDetail } from '../../model/generated/batch.ts'
import type { HostAccess } from '../../model/host-access.ts'
import { groupName, type Job, type LiveAttempt, type Part, partName } from '../../model/job.ts'
import { grantedPaths } from './mounts.ts'

export interface SpecSettings {
  readonly region: string
  /** How jobs reach this server; undefined when they cannot. */
  readonly endpoint: string | undefined
  /** What jobs must trust to reach this server over TLS. */
  readonly trustFile?: string | undefined
  readonly fargate: boolean
  /** By which the container gets its credentials. */
  readonly access: Readonly<Record<string, string>>
  /** What the compute environment allows the jobs of ordinary users. */
  readonly hostAccess: HostAccess
  readonly mounts: readonly MountSpec[]
}

/** One container of an attempt. */
export interface ContainerOfAttempt {
  readonly container: TaskContainer
  /** Absent for the only container of an attempt, which has the attempt's name. */
  readonly part?: Part
  /** Set for all nodes but the main one. */
  readonly mainNodeAddress?: string | undefined
}

export function attemptSpec(
  job: Job,
  attempt: LiveAttempt,
  settings: SpecSettings,
  of: ContainerOfAttempt,
): AttemptSpec {
  const { container, entryPoint, resources } = of.container
  const linux = linuxSpec(container)
  const environment = environmentOf(job, attempt, settings, of)
  const expand = (words: readonly string[]) =>
    isPod(job) ? words.map((word) => expandVariables(word, environment)) : words
  return {
    name: of.part ? partName(attempt.name, of.part) : attempt.name,
    jobId: job.jobId,
    attempt: attempt.number,
    image: container.image ?? '',
    ...(entryPoint ? { entryPoint: expand(entryPoint) } : {}),
    command: expand(container.command ?? []),
    environment,
    vcpus: resources.vcpus,
    cpuIsHardLimit: settings.fargate,
    memoryMib: resources.memoryMib,
    gpus: resources.gpus,
    ...(container.user ? { user: container.user } : {}),
    ...rightsOf(job, settings, of.container),
    readonlyRootFilesystem: container.readonlyRootFilesystem ?? false,
    mounts: settings.mounts,
    ulimits: (container.ulimits ?? []).map(({ name, softLimit, hardLimit }) => ({ name, softLimit, hardLimit })),
    ...(linux ? { linux } : {}),
    labels: {
      'openbatch.job': job.jobId,
      'openbatch.queue': job.spec.jobQueue,
      'openbatch.owner': job.spec.owner,
      ...(of.part ? { 'openbatch.node': String(of.part.node), 'openbatch.container': of.container.name } : {}),
    },
    ...(of.part ? { group: groupOf(job, attempt, of.part) } : {}),
    ...(settings.trustFile && settings.endpoint?.startsWith('https:') ? { trustFile: settings.trustFile } : {}),
    ...(job.spec.confined
      ? { confinement: { owner: job.spec.owner, hostPaths: grantedPaths(settings.hostAccess) } }
      : {}),
  }
}

/** Some clients ask for all rights of the host in every job, and need none (Toil, Snakemake). */
function rightsOf(
  job: Job,
  { hostAccess }: SpecSettings,
  { container, noNewPrivileges }: TaskContainer,
): Pick<AttemptSpec, 'privileged' | 'noNewPrivileges'> {
  if (job.spec.confined && hostAccess.privileged === 'withheld')
    return { privileged: false, ...(noNewPrivileges ? { noNewPrivileges } : {}) }
  return { privileged: container.privileged ?? false, ...(noNewPrivileges === undefined ? {} : { noNewPrivileges }) }
}

/**
 * The containers of a node share its group. Only the nodes of a multi-node job reach each other,
 * each at its own address (docs/aws §5).
 */
function groupOf(job: Job, attempt: LiveAttempt, { node }: Part): AttemptGroup {
  return { name: groupName(attempt.name, node), ownAddress: job.spec.workload.kind === 'multiNode' }
}

/**
 * Expands `$(NAME)` in a pod's command and args, and turns `$$(NAME)` into `$(NAME)`. A text that
 * names no variable stays as it is.
 */
function expandVariables(word: string, environment: Readonly<Record<string, string>>): string {
  return word.replace(/\$\$|\$\(([^()]+)\)/g, (all, name: string | undefined) =>
    name === undefined ? '$' : Object.hasOwn(environment, name) ? environment[name]! : all,
  )
}

/** Precedence (docs/aws §7.2): our defaults < definition and overrides < AWS_BATCH_*. */
function environmentOf(
  job: Job,
  attempt: LiveAttempt,
  settings: SpecSettings,
  of: ContainerOfAttempt,
): Record<string, string> {
  const { container } = of.container
  const own = Object.fromEntries((container.environment ?? []).map(({ name, value }) => [name ?? '', value ?? '']))
  delete own['']
  const pod = isPod(job)
  return {
    ...endpointVariables(settings, own, container.secrets ?? []),
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    // The ECS agent sets this. A pod has no ECS agent.
    ...(pod ? {} : { AWS_EXECUTION_ENV: settings.fargate ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2' }),
    ...settings.access,
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
    ...(of.part ? nodeEnvironment(job, of.part, of.mainNodeAddress) : {}),
    ...(pod ? { AWS_BATCH_JOB_KUBERNETES_NODE_UID: uidOf(placeOf(attempt, of.part).instanceId) } : {}),
  }
}

/** The services that jobs call, by the names that SDKs read their addresses under. */
const namedServices = ['BATCH', 'CLOUDWATCH_LOGS', 'S3', 'STS']

/**
 * Where SDKs find the server. An address of one service wins over the common one, so a job or an
 * operator that sets the common one gets no other.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function endpointVariables(
  { access, endpoint }: SpecSettings,
  own: Readonly<Record<string, string>>,
  secrets: readonly { readonly name?: string | undefined }[],
): Readonly<Record<string, string>> {
  const common = 'AWS_ENDPOINT_URL'
  if (!endpoint) return {}
  if (common in own || common in access || secrets.some(({ name }) => name === common)) return {}
  return Object.fromEntries(
    [common, ...namedServices.map((service) => `${common}_${service}`)].map((it) => [it, endpoint]),
  )
}

/** https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html */
function nodeEnvironment(job: Job, part: Part, mainNodeAddress: string | undefined): Record<string, string> {
  const { workload } = job.spec
  if (workload.kind !== 'multiNode') return {}
  const { mainNode, numNodes } = workload.properties
  return {
    AWS_BATCH_JOB_ID: `${job.jobId}#${part.node}`,
    AWS_BATCH_JOB_MAIN_NODE_INDEX: String(mainNode),
    AWS_BATCH_JOB_NODE_INDEX: String(part.node),
    AWS_BATCH_JOB_NUM_NODES: String(numNodes),
    ...(part.node === mainNode || mainNodeAddress === undefined
      ? {}
      : { AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS: mainNodeAddress }),
  }
}

export function placeOf(attempt: LiveAttempt, part: Part | undefined): { readonly instanceId: string } {
  return (part && attempt.nodes?.[part.node]) ?? attempt
}

/** In the form of a Kubernetes UID (RFC 9562, version 8). It never changes for an instance. */
function uidOf(instanceId: string): string {
  const hex = stableId(instanceId)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export function isPod({ spec }: Job): boolean {
  const { workload } = spec
  if (workload.kind !== 'multiNode') return workload.kind === 'pod'
  return workload.properties.nodeRangeProperties.some(({ eksProperties }) => eksProperties !== undefined)
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
