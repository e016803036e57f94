/** A job, its attempts and its states, in AWS Batch's words. The state is a sum type: each variant carries what it needs. */

import type { ConsumableResourceProperties, JobDependency, RetryStrategy } from './generated/batch.ts'
import type { Resources } from './resources.ts'
import type { StopCause, StopRecord } from './stop-record.ts'
import type { TimeMs } from './time.ts'
import type { Workload } from './workload.ts'

export const jobStatuses = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const
export type JobStatus = (typeof jobStatuses)[number]
export type TerminalStatus = 'SUCCEEDED' | 'FAILED'

/** What was submitted, resolved against the definition at that moment. Never changes; children of an array share their parent's. */
export interface JobSpec {
  readonly jobName: string
  /** Name, not ARN. */
  readonly jobQueue: string
  /** ARN with revision. */
  readonly jobDefinition: string
  readonly createdAtMs: TimeMs
  /** The user who submitted it. AWS keeps none; AWS's answers show it only in sentences that say whom a job waits for. */
  readonly owner: string
  readonly workload: Workload
  /** What one attempt takes: for a multi-node job, the sum of its nodes. */
  readonly resources: Resources
  /** As submitted. */
  readonly dependsOn?: readonly JobDependency[]
  /** What one attempt locks, for a multi-node job all nodes together; `consumableResourceList` names them as the user did. */
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
}

export interface ConsumableNeed {
  /** Of the consumable resource. */
  readonly arn: string
  readonly quantity: number
}

export interface Job {
  /** A UUID; an array child's is `parent:index`. */
  readonly jobId: string
  /** Order of submission, unique in the installation. */
  readonly seq: number
  readonly spec: JobSpec
  readonly arrayIndex?: number
  /** Set on what stands for one node of a multi-node job; such have no records (core/job/read-node.ts). */
  readonly node?: { readonly index: number; readonly isMain: boolean; readonly numNodes: number }
  state: JobState
  /** Ended attempts, oldest first. */
  readonly attempts: EndedAttempt[]
  tags: Readonly<Record<string, string>>
  /** A cancel or terminate that was accepted. */
  isCancelled?: true
  isTerminated?: true
  /** The last of them. Of an array what was asked for the array. */
  stop?: StopRecord
  /** The database does not know all that happened: it may have run since, and waits for an administrator to release it. */
  held?: true
}

export type JobState =
  | { readonly status: 'SUBMITTED' }
  | { readonly status: 'RUNNABLE'; readonly sinceMs: TimeMs }
  /** Waits for jobs it depends on. A cancel or terminate takes effect when they have ended (docs/aws §2.9). */
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

/** What ends a job that waits for others, once they have ended. */
export interface AcceptedStop {
  readonly cause: StopCause
  readonly as: 'cancelled' | 'terminated'
}

export interface FinishedState {
  readonly status: TerminalStatus
  readonly statusReason: string
  /** Of the last attempt; absent when none ran. */
  readonly startedAtMs?: TimeMs
  readonly stoppedAtMs: TimeMs
  /** An array parent's count of children by status. */
  readonly statusSummary?: StatusSummary
  readonly halted?: HaltedChildren
}

export type StatusSummary = Readonly<Record<JobStatus, number>>

/** The counts given, and 0 for every other status. */
export function summaryOf(counts: Partial<StatusSummary>): StatusSummary {
  return { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0, ...counts }
}

/** An attempt that holds its place on a host. */
export interface LiveAttempt {
  /** From 1, as `AWS_BATCH_JOB_ATTEMPT` has it. */
  readonly number: number
  /** What the driver knows it by: deterministic in job id and number. */
  readonly name: string
  /** 32 hex digits, new for every attempt, as an ECS task id. */
  readonly taskId: string
  /** Name of the compute environment. */
  readonly computeEnvironment: string
  readonly driver: string
  readonly hostName: string
  readonly instanceId: string
  readonly placedAtMs: TimeMs
  /** On what on-demand work leaves: it may be told to go (design: spot). Absent on demand. */
  readonly spot?: 'SPOT' | 'FARGATE_SPOT'
  /** Of a multi-node job: where each node is, by its index. The attempt's own place is the main node's. */
  readonly nodes?: readonly NodePlace[]
  /** Of an attempt with several containers: what is known of those that began, by `partKey`. */
  readonly containers?: ContainerRuns
}

export interface NodePlace {
  readonly hostName: string
  readonly instanceId: string
  readonly taskId: string
}

/** One container of an attempt that has several. */
export interface Part {
  /** 0 unless the job is multi-node. */
  readonly node: number
  /** Place among the containers of its task. */
  readonly container: number
}

export type ContainerRuns = Readonly<Record<string, ContainerRun>>

export interface ContainerRun {
  /** Absent when it never ran. */
  readonly startedAtMs?: TimeMs
  /** IPv4, while it has one of its own. */
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
  /** Absent of attempts that an earlier version recorded. */
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
  /** Its host was lost, and the operator's setting gave the job another attempt that its retry strategy did not. */
  readonly requeued?: true
}

/** The children of an array job: one byte each until they start. Read and written by model/array-children.ts alone. */
export interface ArrayChildren {
  /** By child: index into `jobStatuses`, and `spawnedBit` for those that have a record of their own. */
  readonly statuses: Uint8Array
  /** How many children have each status. */
  readonly counts: number[]
  /** RUNNABLE children without a record: those that may start. */
  startable: number
  /** The first of them; the size of the array when there is none. */
  nextIndex: number
  updatedAtMs: TimeMs
  halted?: HaltedChildren
}

/** The children that have no record of their own ended without starting, all for one reason. */
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

/** Total attempts allowed: `retryStrategy.attempts` counts the first one too; default 1. */
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

/** The name an attempt has with its driver. The job id can be read back from it: `jobIdOfAttemptName`. */
export function attemptName(jobId: string, attempt: number): string {
  return `openbatch-${jobId.replace(':', '.')}-${attempt}`
}

/** Names the container among those of its attempt: `n0c2`. */
export function partKey({ node, container }: Part): string {
  return `n${node}c${container}`
}

/** The name one container has with its driver, where the attempt has several. */
export function partName(attempt: string, part: Part): string {
  return `${attempt}.${partKey(part)}`
}

/** The group of a node's containers: they share scratch and network. */
export function groupName(attempt: string, node: number): string {
  return `${attempt}.n${node}`
}

export function jobIdOfAttemptName(name: string): { jobId: string; attempt: number } | undefined {
  const match = /^openbatch-(.+)-([0-9]+)(?:\.n[0-9]+c[0-9]+)?$/.exec(name)
  return match ? { jobId: match[1]!.replace('.', ':'), attempt: Number(match[2]) } : undefined
}
