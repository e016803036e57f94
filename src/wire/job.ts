/** `GET /api/jobs/{id}`: everything about one job; docs/use/api.md. */
import type { Amounts } from './instances.ts'
import type { JobStatusName, StatusCountsAnswer } from './jobs.ts'
import type { StopAnswer } from './why.ts'

export interface JobAnswer {
  /** The id of a job, of a child (`id:3`) or of a node (`id#3`). */
  readonly jobId: string
  readonly jobArn: string
  readonly jobName: string
  /** Name of the job queue. */
  readonly jobQueue: string
  /** The user who submitted it. */
  readonly user: string
  readonly jobDefinition: { readonly arn: string; readonly name: string; readonly revision: number }
  readonly status: JobStatusName
  /** Why it waits, or how it ended: a sentence. */
  readonly statusReason?: string
  /** The database does not know everything that happened, and the job waits for an administrator. */
  readonly held?: boolean
  /** An accepted cancel or terminate. */
  readonly stop?: StopAnswer
  /** Times are ms since 1970. */
  readonly createdAtMs: number
  /** Of the last attempt. */
  readonly startedAtMs?: number
  readonly stoppedAtMs?: number
  readonly tags: Readonly<Record<string, string>>
  readonly shareIdentifier?: string
  readonly schedulingPriority?: number
  /** As the retry strategy allows. */
  readonly attemptsAllowed: number
  /** Of one attempt. */
  readonly timeoutSeconds?: number
  /** What one attempt asks for: for a multi-node job, the sum of its nodes. */
  readonly resources: Amounts
  /** MiB that one attempt may write on the disk of each of its hosts. Absent: the job does not say. */
  readonly scratchMib?: number
  /** The oldest first; the one under way last. */
  readonly attempts: readonly JobAttemptAnswer[]
  /** Set for an array. Statuses without children are left out. */
  readonly array?: { readonly size: number; readonly children: StatusCountsAnswer }
  /** Set for a child of an array. */
  readonly child?: { readonly arrayJobId: string; readonly index: number }
  /** Set for a node of a multi-node job. */
  readonly node?: { readonly jobId: string; readonly index: number; readonly isMain: boolean; readonly nodes: number }
  /** What it waits for, or waited for, as submitted. */
  readonly dependsOn: readonly DependencyAnswer[]
  /** Jobs that wait for this one now, the first `limits.dependantsShown`. */
  readonly neededBy: readonly RelatedJobAnswer[]
  /** Whether more jobs may wait for this one: so many wait that not all were looked at or are shown. */
  readonly moreNeededBy: boolean
  /** The job as DescribeJobs of AWS Batch shows it. */
  readonly detail: object
  readonly links: JobLinks
}

export interface JobAttemptAnswer {
  /** From 1. */
  readonly attempt: number
  readonly state: 'STARTING' | 'RUNNING' | 'ENDED'
  /** Name of the compute environment. */
  readonly computeEnvironment: string
  readonly instanceId: string
  /** Absent for an attempt that has ended. */
  readonly hostName?: string
  /** Whether it runs on spot capacity. Absent for an attempt that has ended. */
  readonly spot?: boolean
  /** ms since 1970. */
  readonly placedAtMs?: number
  readonly startedAtMs?: number
  readonly stoppedAtMs?: number
  readonly exitCode?: number
  /** A phrase. */
  readonly exitCodeMeaning?: string
  /** The container's reason, as the engine gives it. */
  readonly reason?: string
  readonly statusReason?: string
  /** Its host was lost, and the attempt does not count. */
  readonly requeued?: boolean
  readonly logs: readonly LogStreamAnswer[]
  /** Of a task, a pod or nodes: those that began. */
  readonly containers?: readonly ContainerAnswer[]
}

export interface LogStreamAnswer {
  readonly group: string
  readonly stream: string
  /** Set for one of several containers. */
  readonly container?: string
}

export interface ContainerAnswer {
  readonly name: string
  /** Set for a multi-node job. */
  readonly node?: number
  readonly startedAtMs?: number
  readonly stoppedAtMs?: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  readonly reason?: string
}

export interface RelatedJobAnswer {
  readonly jobId: string
  /** Absent for a job that is gone, or that the caller may not see. */
  readonly jobName?: string
  readonly status?: JobStatusName
}

export interface DependencyAnswer extends RelatedJobAnswer {
  /** `SEQUENTIAL` names the array itself. */
  readonly type?: string
}

/** Paths on this server. */
export interface JobLinks {
  readonly why: string
  readonly story: string
  readonly queue: string
  /** Set for an array. */
  readonly children?: string
  /** Set for a child and for a node. */
  readonly parent?: string
}
