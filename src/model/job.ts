/**
 * A job, its attempts and its states, in AWS Batch's words. The state is a sum type: each variant
 * carries what it needs.
 */

import type { ConsumableResourceProperties, JobDependency, RetryStrategy } from './generated/batch.ts'
import type { Resources } from './resources.ts'
import type { StopCause, StopRecord } from './stop-record.ts'
import type { TimeMs } from './time.ts'
import type { Workload } from './workload.ts'

export const jobStatuses = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const
export type JobStatus = (typeof jobStatuses)[number]
export type TerminalStatus = 'SUCCEEDED' | 'FAILED'

/**
 * What was submitted, resolved against the definition at that moment. It never changes. Children of
 * an array share their parent's.
 */
export interface JobSpec {
  readonly jobName: string
  /** Name of the job queue, not its ARN. */
  readonly jobQueue: string
  /** ARN of the job definition, with revision. */
  readonly jobDefinition: string
  readonly createdAtMs: TimeMs
  /**
   * The user who submitted the job. AWS does not keep it. Answers in AWS's form show it only in
   * sentences that say whom a job waits for.
   */
  readonly owner: string
  readonly workload: Workload
  /** What one attempt uses: for a multi-node job, the sum of its nodes. */
  readonly resources: Resources
  /** MiB that one attempt may write on the disk of each of its hosts, if the job says so. */
  readonly scratchMib?: number
  /** As submitted. */
  readonly dependsOn?: readonly JobDependency[]
  /**
   * What one attempt locks, for a multi-node job the sum of its nodes. `consumableResourceList` has
   * the names that the user gave.
   */
  readonly consumables?: readonly ConsumableNeed[]
  readonly consumableResourceProperties?: ConsumableResourceProperties
  readonly parameters: Readonly<Record<string, string>>
  readonly platformCapabilities: readonly string[]
  readonly retryStrategy?: RetryStrategy
  readonly timeoutSeconds?: number
  readonly propagateTags?: boolean
  readonly shareIdentifier?: string
  readonly schedulingPriority?: number
  readonly arraySize?: number
  /** Its owner may not reach the host: the job has no more of it than its compute environment allows, and an account of its own. */
  readonly confined?: true
}

export interface ConsumableNeed {
  /** ARN of the consumable resource. */
  readonly arn: string
  readonly quantity: number
}

export interface Job {
  /** A UUID; for an array child, `parent:index`. */
  readonly jobId: string
  /** Order of submission, unique in the installation. */
  readonly seq: number
  readonly spec: JobSpec
  readonly arrayIndex?: number
  /**
   * Set on an object that stands for one node of a multi-node job. It has no record of its own
   * (core/job/read-node.ts).
   */
  readonly node?: { readonly index: number; readonly isMain: boolean; readonly numNodes: number }
  state: JobState
  /** Ended attempts, oldest first. */
  readonly attempts: EndedAttempt[]
  tags: Readonly<Record<string, string>>
  /** Set when a cancel or terminate was accepted. */
  isCancelled?: true
  isTerminated?: true
  /** The last of them. For an array, the request that named the array. */
  stop?: StopRecord
  /**
   * The database does not know everything that happened: the job may have run since, and waits for
   * an administrator to release it.
   */
  held?: true
}

export type JobState =
  | { readonly status: 'SUBMITTED' }
  | { readonly status: 'RUNNABLE'; readonly sinceMs: TimeMs }
  /**
   * Waits for its dependencies. A cancel or terminate takes effect when they have ended (docs/aws
   * §2.9).
   */
  | { readonly status: 'PENDING'; readonly children?: undefined; readonly stopping?: AcceptedStop }
  /** An array parent, until all its children are terminal. */
  | { readonly status: 'PENDING'; readonly children: ArrayChildren; readonly stopping?: AcceptedStop }
  | { readonly status: 'STARTING'; readonly attempt: LiveAttempt; readonly stopping?: StopCause }
  | {
      readonly status: 'RUNNING'
      readonly attempt: LiveAttempt
      readonly startedAtMs: TimeMs
      readonly stopping?: StopCause
    }
  | FinishedState

/** What ends a job that waits for others, once these have ended. */
export interface AcceptedStop {
  readonly cause: StopCause
  readonly as: 'cancelled' | 'terminated'
}

export interface FinishedState {
  readonly status: TerminalStatus
  readonly statusReason: string
  /** Start of the last attempt; absent when none ran. */
  readonly startedAtMs?: TimeMs
  readonly stoppedAtMs: TimeMs
  /** An array parent's count of children by status. */
  readonly statusSummary?: StatusSummary
  readonly halted?: HaltedChildren
}

export type StatusSummary = Readonly<Record<JobStatus, number>>

/** Fills in 0 for every status that is not given. */
export function summaryOf(counts: Partial<StatusSummary>): StatusSummary {
  return { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0, ...counts }
}

/** An attempt that holds its place on a host. */
export interface LiveAttempt {
  /** From 1, as in `AWS_BATCH_JOB_ATTEMPT`. */
  readonly number: number
  /** The attempt's name with the driver, determined by job id and number. */
  readonly name: string
  /** 32 hex digits, new for every attempt, in the form of an ECS task id. */
  readonly taskId: string
  /** Name of the compute environment. */
  readonly computeEnvironment: string
  readonly driver: string
  readonly hostName: string
  readonly instanceId: string
  readonly placedAtMs: TimeMs
  /**
   * Set if the attempt runs on what on-demand work leaves, and may therefore be reclaimed. Absent
   * on demand.
   */
  readonly spot?: 'SPOT' | 'FARGATE_SPOT'
  /**
   * For a multi-node job: where each node is, by its index. The attempt's own place is the main
   * node's.
   */
  readonly nodes?: readonly NodePlace[]
  /** For an attempt with several containers: what is known of those that began, by `partKey`. */
  readonly containers?: ContainerRuns
}

export interface NodePlace {
  readonly hostName: string
  readonly instanceId: string
  readonly taskId: string
}

/** One container of an attempt with several. */
export interface Part {
  /** 0 unless the job is multi-node. */
  readonly node: number
  /** Its position among the containers of its task. */
  readonly container: number
}

export type ContainerRuns = Readonly<Record<string, ContainerRun>>

export interface ContainerRun {
  /** Absent when it never ran. */
  readonly startedAtMs?: TimeMs
  /** IPv4, while the container has an address of its own. */
  readonly address?: string
  /** Absent while it runs. */
  readonly stoppedAtMs?: TimeMs
  readonly exitCode?: number
  readonly reason?: string
}

export interface EndedAttempt {
  readonly number: number
  readonly taskId: string
  readonly computeEnvironment: string
  readonly instanceId: string
  /** Absent on attempts that an earlier version recorded. */
  readonly placedAtMs?: TimeMs
  /** Absent when the container never ran, or wrote no CloudWatch stream. */
  readonly logStreamName?: string
  readonly exitCode?: number
  /** The container's reason, at most 255 characters; absent on a plain exit. */
  readonly reason?: string
  readonly statusReason: string
  readonly startedAtMs?: TimeMs
  readonly stoppedAtMs: TimeMs
  readonly nodes?: readonly NodePlace[]
  readonly containers?: ContainerRuns
  /** The most that it had on the disk, MiB, as far as that was seen. Absent if it is not known. */
  readonly scratchMib?: number
  /**
   * Its host was lost, and the operator's setting granted the job an attempt beyond its retry
   * strategy.
   */
  readonly requeued?: true
}

/**
 * The children of an array job, one byte each until they start. Only model/array-children.ts reads
 * and writes them.
 */
export interface ArrayChildren {
  /**
   * By child: the index into `jobStatuses`, and `spawnedBit` for children with a record of their
   * own.
   */
  readonly statuses: Uint8Array
  /** How many children have each status. */
  readonly counts: number[]
  /** RUNNABLE children without a record, which may start. */
  startable: number
  /** The first of these; the size of the array if there is none. */
  nextIndex: number
  updatedAtMs: TimeMs
  halted?: HaltedChildren
}

/** The children without a record of their own ended without starting, all for one reason. */
export interface HaltedChildren {
  readonly statusReason: string
  readonly atMs: TimeMs
  /** Set when a cancel or terminate of the array ended them. */
  readonly stop?: StopRecord
}

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

export function liveAttempt(job: Job): LiveAttempt | undefined {
  return job.state.status === 'STARTING' || job.state.status === 'RUNNING' ? job.state.attempt : undefined
}

/** Total allowed attempts: `retryStrategy.attempts` includes the first one; default 1. */
export function allowedAttempts(spec: JobSpec): number {
  return spec.retryStrategy?.attempts ?? 1
}

/** `parent:3` → `['parent', 3]`; anything else → undefined. */
export function parseChildId(jobId: string): { parentId: string; index: number } | undefined {
  const match = /^([^:#]+):(0|[1-9][0-9]{0,7})$/.exec(jobId)
  return match ? { parentId: match[1]!, index: Number(match[2]) } : undefined
}

/** `uuid#3` → node 3 of that multi-node job; anything else → undefined. */
export function parseNodeId(jobId: string): { parentId: string; node: number } | undefined {
  const match = /^([^:#]+)#(0|[1-9][0-9]{0,3})$/.exec(jobId)
  return match ? { parentId: match[1]!, node: Number(match[2]) } : undefined
}

/** The attempt's name with its driver. `jobIdOfAttemptName` reads the job id back from it. */
export function attemptName(jobId: string, attempt: number): string {
  return `openbatch-${jobId.replace(':', '.')}-${attempt}`
}

/** Names the container among those of its attempt: `n0c2`. */
export function partKey({ node, container }: Part): string {
  return `n${node}c${container}`
}

/** Returns 2 for `n2c0`. */
export function nodeOfPartKey(key: string): number {
  return Number(/^n(\d+)c/.exec(key)?.[1] ?? 0)
}

/** The name that one container of an attempt with several has with its driver. */
export function partName(attempt: string, part: Part): string {
  return `${attempt}.${partKey(part)}`
}

/** The group of a node's containers, which share scratch and network. */
export function groupName(attempt: string, node: number): string {
  return `${attempt}.n${node}`
}

/** Undefined for the name of an attempt with one container. */
export function partOfName(name: string): Part | undefined {
  const match = /\.n([0-9]+)c([0-9]+)$/.exec(name)
  return match ? { node: Number(match[1]), container: Number(match[2]) } : undefined
}

export function jobIdOfAttemptName(name: string): { jobId: string; attempt: number } | undefined {
  const match = /^openbatch-(.+)-([0-9]+)(?:\.n[0-9]+c[0-9]+)?$/.exec(name)
  return match ? { jobId: match[1]!.replace('.', ':'), attempt: Number(match[2]) } : undefined
}
