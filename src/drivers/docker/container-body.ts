import type { AttemptSpec, LinuxSpec, MountSpec } from '../driver.ts'
import { trustVariables } from '../trust-variables.ts'
import type { EngineFacts } from './engine-facts.ts'
import { attemptLabel, gpuLabel, groupLabel, installationLabel, jobLabel, ownAddressLabel } from './names.ts'

/**
 * The body of `POST /containers/create` for an attempt: what docs/aws §8 calls container settings, in Docker's
 * words (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate).
 */
export interface ContainerPlacing {
  readonly installationId: string
  /** `host`, `bridge`, `container:ID`. */
  readonly networkMode: string
  /** Where a scratch volume of this attempt lies on the host. */
  scratchPath(volume: string): string
  /** Processes and threads that the container may have. */
  readonly pidsLimit: number
  /** Ids of the GPUs that this attempt gets. */
  readonly gpuIds: readonly string[]
}

const mib = 1024 * 1024
export const localLogDriver = 'local'
/** Docker refuses a lower limit; AWS Batch allows 4 MiB. */
const leastMemoryBytes = 6 * mib
/** The kernel's own bounds for a CPU weight. */
const [leastShares, mostShares] = [2, 262_144]

export function containerBody(spec: AttemptSpec, facts: EngineFacts, placing: ContainerPlacing): object {
  const trust = trustOf(spec)
  return {
    Image: spec.image,
    // An entry point makes Docker ignore the image's CMD.
    ...(spec.entryPoint?.length ? { Entrypoint: spec.entryPoint } : {}),
    ...(spec.command.length > 0 ? { Cmd: spec.command } : {}),
    ...(spec.user ? { User: spec.user } : {}),
    Env: Object.entries({ ...trust?.variables, ...spec.environment }).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...spec.labels,
      [installationLabel]: placing.installationId,
      [attemptLabel]: spec.name,
      [jobLabel]: spec.jobId,
      ...(placing.gpuIds.length > 0 ? { [gpuLabel]: placing.gpuIds.join(',') } : {}),
      ...(spec.group ? { [groupLabel]: spec.group.name } : {}),
      ...(spec.group?.ownAddress ? { [ownAddressLabel]: 'true' } : {}),
    },
    Tty: false,
    HostConfig: {
      NetworkMode: placing.networkMode,
      LogConfig: logConfig(facts),
      ...memory(spec, facts),
      ...cpu(spec, facts),
      ...mounts([...sourcesOf(spec.mounts, placing), ...(trust?.mounts ?? [])]),
      ...linux(spec.linux),
      Ulimits: spec.ulimits.map(({ name, softLimit, hardLimit }) => ({ Name: name, Soft: softLimit, Hard: hardLimit })),
      Privileged: spec.privileged,
      // Jobs share a network. With raw sockets one could read what another sends and receives.
      ...(spec.privileged ? {} : { CapDrop: ['NET_RAW'] }),
      // Without an option for seccomp the engine's own profile is in force.
      ...(mayGainRights(spec) ? {} : { SecurityOpt: ['no-new-privileges'] }),
      PidsLimit: placing.pidsLimit,
      ReadonlyRootfs: spec.readonlyRootFilesystem,
      RestartPolicy: { Name: 'no' },
      ...(placing.gpuIds.length > 0
        ? { DeviceRequests: [{ Driver: '', DeviceIDs: placing.gpuIds, Capabilities: [['gpu']] }] }
        : {}),
    },
  }
}

/**
 * Only where the job says so, or is privileged: as in Kubernetes, whoever has all rights may also
 * gain them.
 */
function mayGainRights({ privileged, noNewPrivileges }: AttemptSpec): boolean {
  return noNewPrivileges === undefined ? privileged : !noNewPrivileges
}

/**
 * The log is never rotated, so that output can be read in full days later. `local` keeps bytes as
 * they came. `json-file` replaces everything that is not UTF-8, including the halves of a character
 * that is cut at 16 KiB.
 */
function logConfig(facts: EngineFacts): object {
  if (!facts.logDrivers.includes(localLogDriver)) return { Type: 'json-file', Config: {} }
  // The default is five files of 20 MB. There is no value for "no limit", so the limit is larger
  // than any disk.
  return { Type: localLogDriver, Config: { 'max-size': '1000000g', 'max-file': '1', compress: 'false' } }
}

function memory(spec: AttemptSpec, facts: EngineFacts): object {
  const bytes = Math.max(Math.round(spec.memoryMib * mib), leastMemoryBytes)
  const { maxSwapMib, swappiness } = spec.linux ?? {}
  return {
    Memory: bytes,
    // Without maxSwap Docker allows as much swap as memory, which is AWS's rule too.
    ...(maxSwapMib !== undefined && facts.limitsSwap ? { MemorySwap: bytes + maxSwapMib * mib } : {}),
    // cgroup v2 has no swappiness, and some runtimes reject the field.
    ...(swappiness !== undefined && facts.cgroupVersion === 1 ? { MemorySwappiness: swappiness } : {}),
  }
}

function cpu(spec: AttemptSpec, facts: EngineFacts): object {
  const shares = Math.min(Math.max(Math.round(spec.vcpus * 1024), leastShares), mostShares)
  if (!spec.cpuIsHardLimit || !facts.limitsCpu) return { CpuShares: shares }
  // Docker refuses a CPU limit above what the host has.
  return { CpuShares: shares, NanoCpus: Math.round(Math.min(spec.vcpus, facts.vcpus) * 1e9) }
}

const trustPath = '/etc/openbatch/trust.pem'

/** What lets the container read whom to trust; undefined where a mount of its own is in the way. */
function trustOf({ trustFile, mounts, environment }: AttemptSpec) {
  if (trustFile === undefined) return undefined
  const above = mounts.some(({ containerPath }) => `${trustPath}/`.startsWith(`${containerPath.replace(/\/+$/, '')}/`))
  if (above) return undefined
  const mount: Mount = { source: trustFile, target: trustPath, readOnly: true }
  return { mounts: [mount], variables: trustVariables(trustPath, environment) }
}

interface Mount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly mustExist?: boolean | undefined
}

function sourcesOf(specs: readonly MountSpec[], placing: ContainerPlacing): Mount[] {
  return specs.map((mount) => ({
    source: mount.kind === 'scratch' ? placing.scratchPath(mount.volume) : mount.sourcePath,
    target: mount.containerPath,
    readOnly: mount.readOnly,
    mustExist: mount.kind === 'host' && (mount.mustExist !== undefined || mount.isSupplied),
  }))
}

function mounts(sources: readonly Mount[]): object {
  // Docker makes a missing source of a bind as a directory. Only its short form does so, and that
  // cannot hold a colon.
  const short = sources.filter(({ source, target, mustExist }) => !mustExist && !`${source}${target}`.includes(':'))
  const long = sources.filter((one) => !short.includes(one))
  return {
    Binds: short.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
    ...(long.length > 0
      ? {
          Mounts: long.map(({ source, target, readOnly }) => ({
            ...{ Type: 'bind', Source: source, Target: target, ReadOnly: readOnly },
          })),
        }
      : {}),
  }
}

function linux(spec: LinuxSpec | undefined): object {
  if (spec === undefined) return {}
  const tmpfs = (spec.tmpfs ?? []).map(({ containerPath, sizeMib, mountOptions }) => [
    containerPath,
    [`size=${sizeMib}m`, ...mountOptions].join(','),
  ])
  return {
    ...(spec.initProcessEnabled === undefined ? {} : { Init: spec.initProcessEnabled }),
    ...(spec.sharedMemorySizeMib === undefined ? {} : { ShmSize: spec.sharedMemorySizeMib * mib }),
    Tmpfs: Object.fromEntries(tmpfs),
    Devices: (spec.devices ?? []).map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath,
      CgroupPermissions: permissions,
    })),
  }
}
