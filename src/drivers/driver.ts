import type { AllowedHostPath } from '../model/host-path.ts'
import type { LogEntry } from '../model/log-entry.ts'
import type { DriverImages } from './driver-images.ts'

/**
 * A driver is the only way in which openbatch reaches whatever runs containers (a container engine,
 * plain processes, a cluster). It has seven methods. Every driver passes the one suite in
 * `driver.contract.ts`.
 *
 * A driver knows an attempt by a deterministic `name` (from job id and attempt number), so that two
 * calls for the same attempt can never make two containers, whatever was lost in between.
 */
export interface Driver extends Capabilities {
  /**
   * The name of the driver's kind in the catalogue. No decision depends on it: see `Capabilities`.
   */
  readonly kind: string

  /**
   * Creates and starts the attempt, or adopts the one that already has the name (running or ended).
   * Resolves when the container runs or has run. Never runs a name twice, even if a call started
   * its container and the reply was lost. `failed` is final: nothing of that name runs or will run,
   * and only what `remove` removes is left behind. `starting` means that the attempt is accepted
   * and waits (in a cluster's queue); call again later to learn more. `unknown` means that the
   * driver cannot tell (engine away, reply lost); call again later. The call may take long (an
   * image is pulled). Aborting the signal gives up waiting (`unknown`) and leaves the truth to
   * `inspect`. Meanwhile `onPending` is called with the reason, and again whenever it changes: a
   * phrase such as `image busybox:1 is being pulled: 12 of 40 MiB`.
   */
  start(spec: AttemptSpec, signal?: AbortSignal, onPending?: (why: string) => void): Promise<StartOutcome>

  /**
   * The present state of each name. Answers for every name asked. While the engine cannot be
   * reached, all answers are `unknown`, and the call does not throw. After `streamLogs` has ended
   * by itself, the answer for that name is never `running`.
   */
  inspect(names: readonly string[]): Promise<Map<string, Observation>>

  /**
   * Sends SIGTERM, and SIGKILL after `graceSeconds`. Resolves when the attempt no longer runs (at
   * once if it did not run or does not exist). Throws `DriverUnavailable` if the engine cannot be
   * reached. Nothing is known then; call again. May be called again with a shorter grace while an
   * earlier call waits.
   */
  stop(name: string, graceSeconds: number): Promise<void>

  /**
   * Removes every trace of an attempt that ended (container, directory, cgroup). Kills it first if
   * it still runs. Idempotent.
   */
  remove(name: string): Promise<void>

  /**
   * The attempt's output, stdout and stderr interleaved as they came, one entry for each line, from
   * just after `cursor` (or the beginning). Follows a running attempt. Ends by itself when the
   * attempt has ended and every line was given. A repeat with the cursor of the last stored entry
   * continues without gap or repeat, across restarts of this process and of the engine. Throws
   * `DriverUnavailable` when the engine goes away. Buffers only a little: a slow reader slows the
   * reading, not the attempt. Ends at once, with nothing, for a name that does not exist. Aborting
   * the signal ends it early, without an error.
   */
  streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncIterable<LogEntry[]>

  /**
   * The names of all attempts of this openbatch installation that the engine knows, ended ones too.
   * Throws `DriverUnavailable`.
   */
  list(): Promise<string[]>

  /** Whether the engine answers, and the hosts it offers. Never throws. */
  health(): Promise<DriverHealth>

  /** Releases connections and timers. Attempts go on running. */
  close(): Promise<void>
}

/**
 * What a driver may be able to do beyond the seven methods. A missing member means that it cannot.
 */
export interface Capabilities {
  /**
   * `container`: jobs run from the image they name, isolated from the host and from one another.
   * `none`: they are plain processes of the host, and the image is only recorded. Absent: the
   * driver runs nothing.
   */
  readonly isolation?: 'container' | 'none'
  /**
   * `theirs`: the cluster behind the driver decides when and where an attempt runs. A host is then
   * an offer and not a promise, and an attempt may be `starting` for days. Absent: an attempt runs
   * at once where this server places it.
   */
  readonly placement?: 'theirs'
  /**
   * Present when the driver fetches the images of jobs itself and keeps them. Absent: images are only
   * recorded, or somebody else keeps them.
   */
  readonly images?: DriverImages
  /**
   * Present when jobs run in a network of their own. Returns the address of this host as they see
   * it, at which they reach a server. Makes the network if it does not exist. Throws
   * `DriverUnavailable`. Absent: jobs reach this server as any process of its machine does.
   */
  hostAddressForJobs?(): Promise<string>
  /**
   * Present when jobs can ask this server for their credentials as the containers of ECS ask its
   * agent. Returns the address of this host that they ask at: one from which AWS's SDKs take
   * credentials over plain HTTP, which are `taskAgentAddress` and 127.0.0.1. Makes it reachable if
   * it is not. Throws `DriverUnavailable`. Absent, or undefined: jobs get credentials in their
   * environment.
   */
  credentialsAddressForJobs?(): Promise<string | undefined>
  /**
   * Present when jobs run in a network of their own. Asks each URL from there, and resolves with why
   * it is not reached, or null. Undefined where that cannot be tried. Never throws.
   */
  reachFromJobs?(urls: readonly string[], options: ReachOptions): Promise<readonly (string | null)[] | undefined>
  /**
   * Present when the driver knows the disks on which its attempts write. `running` are the attempts
   * to look at, by the names without their containers. Throws, like any read of a disk.
   */
  disks?(running: readonly string[]): Promise<readonly DiskUse[]>
  /**
   * The most that an attempt had on the disk, MiB, as far as that was seen. Asked once, when it has
   * ended and is not removed. Throws.
   */
  diskPeak?(attempt: string): Promise<number>
}

/** The disk of a host. In MiB. */
export interface DiskUse {
  readonly hostName: string
  readonly totalMib: number
  /** What ordinary users may still write. */
  readonly freeMib: number
  /** What attempts had on it when they were last looked at. Attempts may be missing. */
  readonly written: ReadonlyMap<string, number>
}

/** Whom jobs trust, and what ends the try. */
export interface ReachOptions {
  readonly trustFile: string | undefined
  readonly signal: AbortSignal
}

/**
 * Where containers of ECS find its agent. With a relative URI, SDKs ask there at port 80.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 */
export const taskAgentAddress = '169.254.170.2'

/** Everything that a driver needs to run one attempt. All references and defaults are resolved. */
export interface AttemptSpec {
  /**
   * `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 100 characters. The same in every call about this
   * attempt.
   */
  readonly name: string
  readonly jobId: string
  readonly attempt: number
  /** The name under which the image is pulled, which may not be the one that the job names. */
  readonly image: string
  /**
   * Credentials for the pull of this attempt's image. They replace those that the engine's host is
   * logged in with, and are never written anywhere.
   */
  readonly registryAuth?: { readonly username: string; readonly password: string }
  /**
   * Replaces the image's ENTRYPOINT (Kubernetes' `command`). The image's CMD is then not used, as
   * in Kubernetes. Empty or absent: the image's own.
   */
  readonly entryPoint?: readonly string[]
  /** Passed as CMD; the ENTRYPOINT stays. Empty: the image's own CMD. */
  readonly command: readonly string[]
  /** The final environment, `AWS_BATCH_*` included. It wins over the image's ENV. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * Names of entries of `environment` whose values are secret. A driver writes them to no log. It
   * writes them to disk only if the attempt cannot run without that, and then readable by the
   * server's user alone.
   */
  readonly secretNames?: readonly string[]
  readonly vcpus: number
  /** EC2 and SPOT: a weight; FARGATE: a hard limit. */
  readonly cpuIsHardLimit: boolean
  /** Hard limit. */
  readonly memoryMib: number
  readonly gpus: number
  readonly user?: string
  readonly privileged: boolean
  /**
   * Whether no program of the attempt gains rights by running (setuid, file capabilities). Absent:
   * none does in a container, and a plain process is not restricted.
   */
  readonly noNewPrivileges?: boolean
  readonly readonlyRootFilesystem: boolean
  readonly mounts: readonly MountSpec[]
  readonly ulimits: readonly { name: string; softLimit: number; hardLimit: number }[]
  readonly linux?: LinuxSpec
  /** Labels for the container, in addition to the driver's own. */
  readonly labels: Readonly<Record<string, string>>
  /** Absent: the attempt is a task of its own. */
  readonly group?: AttemptGroup
  /**
   * A file of this machine with the authorities that vouch for the server. The driver lets the
   * attempt read it, and names it in the variables of `trustVariables` that `environment` does not
   * have.
   */
  readonly trustFile?: string
  /** Present for a job whose owner may not reach the host. Absent: the job may do what the engine lets it. */
  readonly confinement?: Confinement
}

/**
 * The job of an ordinary user. Its specification was found to ask for nothing of the host beyond
 * what is allowed, as far as texts show. A driver also holds host paths against the real paths, and
 * one that does not isolate jobs runs this one under an account of its owner's.
 */
export interface Confinement {
  readonly owner: string
  /** In terms of `MountSpec.sourcePath`: each path with everything below it. */
  readonly hostPaths: readonly AllowedHostPath[]
}

/**
 * Attempts of one group are the containers of one task. They share their scratch volumes (by
 * `volume`) and one network namespace: each reaches the others on 127.0.0.1. Both are removed with
 * the last attempt of the group. Every attempt of a group has the same `AttemptGroup`.
 */
export interface AttemptGroup {
  /** `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 100 characters. */
  readonly name: string
  /**
   * The group has a network namespace and an address of its own, at which other groups of this
   * installation reach it: the nodes of a multi-node job. Otherwise other tasks may share its
   * namespace.
   */
  readonly ownAddress: boolean
}

export type MountSpec =
  /**
   * A directory or file of the host. A missing source is made as a directory. With
   * `mustExist` the attempt fails to start instead, with this text as its reason.
   * `isSupplied`: the server itself supplies it, read-only, to everybody; no grant is needed.
   */
  | {
      kind: 'host'
      sourcePath: string
      containerPath: string
      readOnly: boolean
      mustExist?: string
      isSupplied?: boolean
    }
  /**
   * A fresh directory on the data disk, removed with the attempt or its group. Mounts with the same
   * `volume` share it.
   */
  | { kind: 'scratch'; volume: string; containerPath: string; readOnly: boolean }

/** `linuxParameters` of docs/aws §8, sizes in MiB. */
export interface LinuxSpec {
  readonly initProcessEnabled?: boolean
  readonly sharedMemorySizeMib?: number
  readonly maxSwapMib?: number
  readonly swappiness?: number
  readonly devices?: readonly { hostPath: string; containerPath: string; permissions: string }[]
  readonly tmpfs?: readonly { containerPath: string; sizeMib: number; mountOptions: readonly string[] }[]
}

export type StartOutcome =
  | { kind: 'started' }
  | { kind: 'starting'; why?: string }
  /**
   * `reason` is AWS's container reason: `CannotPullContainerError: …`, `CannotStartContainerError:
   * …`. At most 255 characters are kept.
   */
  | { kind: 'failed'; reason: string }
  | { kind: 'unknown'; why: string }

export type Observation =
  | { kind: 'absent' }
  /**
   * The attempt does not run yet: its image is being pulled, it is made and not started, or it
   * waits in a cluster's queue. `why` says which, if that is known.
   */
  | { kind: 'starting'; why?: string }
  /** `address` is IPv4, present for an attempt of a group with `ownAddress`. */
  | { kind: 'running'; startedAtMs: number; address?: string }
  | {
      kind: 'exited'
      /** As Docker counts: 128 + signal for a killed process. Absent when nobody can know it. */
      exitCode?: number
      outOfMemory: boolean
      /** Absent when the command never ran. */
      startedAtMs?: number
      stoppedAtMs: number
      /** AWS's container reason where one fits, e.g. `CannotStartContainerError: …`. */
      reason?: string
    }
  /**
   * The attempt ended because its host, its engine or its watcher went away. Nobody saw an end of
   * its own, and there is no exit code. It no longer runs. `stoppedAtMs` is the last sign of life,
   * or the time when the loss was discovered. `startedAtMs` is absent when nobody knows whether it
   * ran.
   */
  | { kind: 'lost'; startedAtMs?: number; stoppedAtMs: number; why: string }
  | { kind: 'unknown'; why: string }

export type DriverHealth =
  | { kind: 'healthy'; hosts: readonly HostCapacity[]; notes: readonly string[] }
  | { kind: 'unreachable'; why: string }

/** A host as the driver sees it: real vCPUs and allocatable memory, with nothing held back. */
export interface HostCapacity {
  /**
   * Stable across restarts and unique within the driver: a Slurm node's name, or `local` for this
   * machine.
   */
  readonly hostName: string
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
  /**
   * Identifies the machine, where a driver offers all of it. Drivers with the same hosts on the
   * same machine share the room. Absent if the machine is not known, or if the operator sets how
   * much of it is offered.
   */
  readonly machine?: string
}

/** The engine cannot be reached. Nothing is known, and nothing has been decided. */
export class DriverUnavailable extends Error {
  override readonly name = 'DriverUnavailable'
}
