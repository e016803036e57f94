/** A job, its attempts and its states, in AWS Batch's words. The state is a sum type: each variant carries what it needs. */
import type { ContainerDetail, RetryStrategy } from './generated/batch.ts'
import type { Resources } from './resources.ts'
import type { TimeMs } from './time.ts'

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
  /** The user who submitted it. AWS keeps none; ours is never shown in AWS's answers. */
  readonly owner: string
  /** As DescribeJobs shows it: overrides merged, parameters substituted, without what only a run brings. */
  readonly container: ContainerDetail
  /** What one attempt takes of its host. */
  readonly resources: Resources
  readonly parameters: Readonly<Record<string, string>>
  readonly platformCapabilities: readonly string[]
  readonly retryStrategy?: RetryStrategy
  readonly timeoutSeconds?: number
  readonly propagateTags?: boolean
  readonly shareIdentifier?: string
  readonly schedulingPriority?: number
  readonly arraySize?: number
}

export interface Job {
  /** A UUID; an array child's is `parent:index`. */
  readonly jobId: string
  /** Order of submission, unique in the installation. */
  readonly seq: number
  readonly spec: JobSpec
  readonly arrayIndex?: number
  state: JobState
  /** Ended attempts, oldest first. */
  readonly attempts: EndedAttempt[]
  tags: Readonly<Record<string, string>>
  /** A cancel or terminate that was accepted. */
  isCancelled?: true
  isTerminated?: true
}

export type JobState =
  | { readonly status: 'SUBMITTED' }
  | { readonly status: 'RUNNABLE'; readonly sinceMs: TimeMs }
  /** An array parent, from its first child's being RUNNABLE until all are terminal. */
  | { readonly status: 'PENDING'; readonly children: ArrayChildren }
  | { readonly status: 'STARTING'; readonly attempt: LiveAttempt; readonly stopping?: StopCause }
  | {
      readonly status: 'RUNNING'
      readonly attempt: LiveAttempt
      readonly startedAtMs: TimeMs
      readonly stopping?: StopCause
    }
  | FinishedState

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
}

export interface EndedAttempt {
  readonly number: number
  readonly taskId: string
  readonly computeEnvironment: string
  readonly instanceId: string
  /** Absent when the container never ran, or wrote no CloudWatch stream. */
  readonly logStreamName?: string
  readonly exitCode?: number
  /** The container's reason, at most 255 characters; absent on a plain exit. */
  readonly reason?: string
  readonly statusReason: string
  readonly startedAtMs?: TimeMs
  readonly stoppedAtMs: TimeMs
}

/** Why a live attempt is being stopped. None of them is retried (batch-semantics §2.6). */
export type StopCause =
  | { readonly kind: 'terminated'; readonly reason: string }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'queueDeleted' }

/** The children of an array job: one byte each until they start. */
export interface ArrayChildren {
  /** Index into `jobStatuses`, by child. */
  readonly statuses: Uint8Array
  /** How many children have each status. */
  readonly counts: number[]
  /** The lowest index without a record of its own; children start in index order. */
  nextIndex: number
  updatedAtMs: TimeMs
  halted?: HaltedChildren
}

/** Children from `fromIndex` on that have no record of their own ended without starting, all for one reason. */
export interface HaltedChildren {
  readonly fromIndex: number
  readonly statusReason: string
  readonly atMs: TimeMs
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

/** The name an attempt has with its driver. The job id can be read back from it: `jobIdOfAttemptName`. */
export function attemptName(jobId: string, attempt: number): string {
  return `openbatch-${jobId.replace(':', '.')}-${attempt}`
}

export function jobIdOfAttemptName(name: string): { jobId: string; attempt: number } | undefined {
  const match = /^openbatch-(.+)-([0-9]+)$/.exec(name)
  return match ? { jobId: match[1]!.replace('.', ':'), attempt: Number(match[2]) } : undefined
}
