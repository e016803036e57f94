import type { LogEntry } from '../model/log-entry.ts'

/**
 * What a driver is: the one way openbatch reaches the thing that runs containers (a container engine, plain
 * processes, a cluster). Seven methods, no more. Every driver passes the one suite in `driver.contract.ts`.
 *
 * An attempt is known to its driver by a deterministic `name` (from job id and attempt number), so that two calls for
 * the same attempt can never make two containers, whatever was lost in between.
 */
export interface Driver extends Capabilities {
  /** The name of the driver's kind, as it stands in the catalogue. Nothing is decided by it: see `Capabilities`. */
  readonly kind: string

  /**
   * Creates and starts the attempt, or adopts the one of that name that is already there (running or ended).
   * Resolves when the container runs or has run. Never runs a name twice: not even after its container was started
   * by a call whose reply was lost. `failed` is final: nothing of that name runs or will run, and nothing is left behind but
   * what `remove` removes. `starting` says that it is accepted and waits (in a cluster's queue): call again later to learn more.
   * `unknown` says the driver cannot tell (engine away, reply lost): call again later.
   * May take long (an image is pulled); aborting the signal gives up waiting (`unknown`) and leaves the truth to `inspect`. Meanwhile
   * `onPending` is called with why, and again whenever that changes: a phrase, `image busybox:1 is being pulled: 12 of 40 MiB`.
   */
  start(spec: AttemptSpec, signal?: AbortSignal, onPending?: (why: string) => void): Promise<StartOutcome>

  /**
   * What is true of each name now. Answers for every name asked; `unknown` (never an exception) for all of them
   * while the engine cannot be reached. After `streamLogs` ended by itself, never says `running` for that name.
   */
  inspect(names: readonly string[]): Promise<Map<string, Observation>>

  /**
   * SIGTERM, and SIGKILL after `graceSeconds`. Resolves when the attempt no longer runs (at once if it did not run or
   * is not there). Throws `DriverUnavailable` if the engine cannot be reached: then nothing is known, call again. May be called again with
   * a shorter grace while an earlier call waits.
   */
  stop(name: string, graceSeconds: number): Promise<void>

  /** Removes every trace of an attempt that ended (container, directory, cgroup); kills it first if it still runs. Idempotent. */
  remove(name: string): Promise<void>

  /**
   * The attempt's output, stdout and stderr interleaved as they came, one entry a line, from just after `cursor`
   * (or the beginning). Follows a running attempt; ends by itself when the attempt has ended and every line was given.
   * A repeat with the cursor of the last entry kept continues without gap or repeat, across restarts of this
   * process and of the engine. Throws `DriverUnavailable` when the engine goes away. Holds at most a small buffer: a slow
   * reader slows the reading, not the attempt. Ends at once, with nothing, for a name that is absent. Aborting the
   * signal ends it early, without an error.
   */
  streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncIterable<LogEntry[]>

  /** The names of all attempts of this openbatch installation the engine knows, ended ones too. Throws `DriverUnavailable`. */
  list(): Promise<string[]>

  /** Whether the engine answers, and the hosts it offers. Never throws. */
  health(): Promise<DriverHealth>

  /** Lets go of connections and timers. Attempts are left running. */
  close(): Promise<void>
}

/** What a driver may be able to do beyond the seven methods. Each is absent where it is not so. */
export interface Capabilities {
  /**
   * `container`: jobs run from the image they name, apart from the host and from one another. `none`: they are plain processes of the
   * host, and the image is only recorded. Absent: nothing of theirs runs.
   */
  readonly isolation?: 'container' | 'none'
  /**
   * `theirs`: the cluster behind the driver decides when and where an attempt runs. A host is then an offer and not a promise, and an
   * attempt may be `starting` for days. Absent: where this server places an attempt, it runs at once.
   */
  readonly placement?: 'theirs'
  /**
   * Jobs run in a network of their own. The address of this host as they see it: a server that listens there can be reached by them.
   * Makes the network if need be. Throws `DriverUnavailable`. Absent: jobs reach this server as any process of its machine does.
   */
  hostAddressForJobs?(): Promise<string>
}

/** Everything a driver needs to run one attempt. Resolved: no references, no defaults left to look up. */
export interface AttemptSpec {
  /** `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 100 characters; the same for every call about this attempt. */
  readonly name: string
  readonly jobId: string
  readonly attempt: number
  readonly image: string
  /** For the pull of this attempt's image, instead of what the engine's host is logged in with. Never written anywhere. */
  readonly registryAuth?: { readonly username: string; readonly password: string }
  /**
   * Replaces the image's ENTRYPOINT (Kubernetes' `command`); the image's CMD is not used then, as Kubernetes has it.
   * Empty or absent: the image's own.
   */
  readonly entryPoint?: readonly string[]
  /** Passed as CMD; the ENTRYPOINT stays. Empty: the image's own CMD. */
  readonly command: readonly string[]
  /** Final environment, `AWS_BATCH_*` included. Wins over the image's ENV. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * Names of entries of `environment` whose values are secret: a driver writes them to no log, and to disk only where the
   * attempt could not run without it, readable by the server's user alone.
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
  /** No program of the attempt gains rights by running (setuid, file capabilities). */
  readonly noNewPrivileges?: boolean
  readonly readonlyRootFilesystem: boolean
  readonly mounts: readonly MountSpec[]
  readonly ulimits: readonly { name: string; softLimit: number; hardLimit: number }[]
  readonly linux?: LinuxSpec
  /** Labels put on the container, beside the driver's own. */
  readonly labels: Readonly<Record<string, string>>
  /** Absent: the attempt is a task of its own. */
  readonly group?: AttemptGroup
}

/**
 * Attempts of one group are the containers of one task. They share their scratch volumes (by `volume`) and one network
 * namespace: each reaches the others on 127.0.0.1. Both are gone when the last attempt of the group is removed.
 * Every attempt of a group is given the same `AttemptGroup`.
 */
export interface AttemptGroup {
  /** `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 100 characters. */
  readonly name: string
  /**
   * The group has a network namespace and an address of its own, at which other groups of this installation reach it: the nodes of
   * a multi-node job. Otherwise other tasks may share its namespace.
   */
  readonly ownAddress: boolean
}

export type MountSpec =
  /** A directory or file of the host; a missing source is made, as a directory. */
  | { kind: 'host'; sourcePath: string; containerPath: string; readOnly: boolean }
  /** A fresh directory on the data disk, gone with the attempt or its group. Mounts with the same `volume` share it. */
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
  /** `reason` is AWS's container reason: `CannotPullContainerError: …`, `CannotStartContainerError: …`. At most 255 characters are kept. */
  | { kind: 'failed'; reason: string }
  | { kind: 'unknown'; why: string }

export type Observation =
  | { kind: 'absent' }
  /** Not yet running: its image is being pulled, it is made and not started, it waits in a cluster's queue. `why` says which, where it is known. */
  | { kind: 'starting'; why?: string }
  /** `address`: IPv4, given for an attempt of a group with `ownAddress`. */
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
   * It ended because its host, its engine or what watched over it went away: nobody saw an end of its own, and there is no exit code. It does not run
   * any more. `stoppedAtMs` is the last sign of life, or when it was found out. `startedAtMs` is absent when nobody knows whether it ran.
   */
  | { kind: 'lost'; startedAtMs?: number; stoppedAtMs: number; why: string }
  | { kind: 'unknown'; why: string }

export type DriverHealth =
  | { kind: 'healthy'; hosts: readonly HostCapacity[]; notes: readonly string[] }
  | { kind: 'unreachable'; why: string }

/** A host as the driver sees it: real vCPUs and allocatable memory, nothing held back. */
export interface HostCapacity {
  /** Stable across restarts, unique within the driver: a Slurm node's name, `local` for this machine. */
  readonly hostName: string
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
  /**
   * The machine, the same for all drivers, where all of it is offered: drivers with the same hosts on the same machines share the room.
   * Absent where it is not known which machine it is, or the operator says how much of it is offered.
   */
  readonly machine?: string
}

/** The engine cannot be reached: nothing is known, nothing has been decided. */
export class DriverUnavailable extends Error {
  override readonly name = 'DriverUnavailable'
}
