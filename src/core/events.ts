/**
 * What has been decided. Events carry everything that `evolve` needs: after the decision no clock
 * is read and no id is made.
 */
import type { AccountResource, AccountResourceKind } from '../model/account-resource.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import type {
  AcceptedStop,
  ContainerRun,
  EndedAttempt,
  FinishedState,
  HaltedChildren,
  JobSpec,
  LiveAttempt,
  Part,
} from '../model/job.ts'
import type { JobDefinition } from '../model/job-definition.ts'
import type { JobQueue } from '../model/job-queue.ts'
import type { StopCause, StopRecord } from '../model/stop-record.ts'
import type { TimeMs } from '../model/time.ts'
import type { Host } from './state/host.ts'
import type { Reservation } from './state/reservation.ts'
import type { Stuck } from './state/state.ts'

export type JobEvent =
  | {
      readonly type: 'jobSubmitted'
      readonly jobId: string
      readonly seq: number
      readonly spec: JobSpec
      readonly tags: Readonly<Record<string, string>>
    }
  /** The job waits for jobs that have yet to end. */
  | { readonly type: 'jobMadePending'; readonly jobId: string; readonly atMs: TimeMs }
  /**
   * To RUNNABLE. An array parent is PENDING, and its children that wait for nothing else are
   * RUNNABLE.
   */
  | { readonly type: 'jobMadeRunnable'; readonly jobId: string; readonly atMs: TimeMs }
  /** An array child gets a record of its own, because it is about to start or to end. */
  | {
      readonly type: 'childSpawned'
      readonly jobId: string
      readonly seq: number
      readonly index: number
      readonly atMs: TimeMs
    }
  | { readonly type: 'attemptPlaced'; readonly jobId: string; readonly attempt: LiveAttempt }
  | { readonly type: 'attemptStarted'; readonly jobId: string; readonly number: number; readonly atMs: TimeMs }
  /** One container of an attempt with several began or ended. */
  | {
      readonly type: 'containerSeen'
      readonly jobId: string
      readonly number: number
      readonly part: Part
      readonly run: ContainerRun
      readonly atMs: TimeMs
    }
  | { readonly type: 'attemptStopping'; readonly jobId: string; readonly number: number; readonly cause: StopCause }
  /** Ends the attempt and decides at once what follows, so that a job is never seen in between. */
  | {
      readonly type: 'attemptEnded'
      readonly jobId: string
      readonly ended: EndedAttempt
      readonly next: { readonly status: 'RUNNABLE'; readonly sinceMs: TimeMs } | FinishedState
    }
  /**
   * An end without an attempt: the job was cancelled before it started, or all children of the
   * array parent have ended.
   */
  | {
      readonly type: 'jobFinished'
      readonly jobId: string
      readonly finished: FinishedState
      readonly stop?: StopRecord
    }
  /** The children of an array that have no record end at once, in this one event. */
  | ({ readonly type: 'childrenHalted'; readonly jobId: string } & HaltedChildren)
  /** A job that waits for others will end when they have ended. */
  | { readonly type: 'stopAccepted'; readonly jobId: string; readonly stop: AcceptedStop }
  /** A cancel or terminate was accepted for a job that continues for now. */
  | {
      readonly type: 'jobMarked'
      readonly jobId: string
      readonly as: 'cancelled' | 'terminated'
      /** Absent if nobody asked: its queue is being deleted. */
      readonly stop?: StopRecord
    }
  /** The database that the job was read from may not know everything that happened to it. */
  | { readonly type: 'jobHeld'; readonly jobId: string }
  /** The job's fate is known, or an administrator says that it may run. */
  | { readonly type: 'jobReleased'; readonly jobId: string }
  | { readonly type: 'jobTagsChanged'; readonly jobId: string; readonly tags: Readonly<Record<string, string>> }

export type ResourceEvent =
  | { readonly type: 'jobDefinitionChanged'; readonly definition: JobDefinition }
  | { readonly type: 'jobDefinitionGone'; readonly name: string; readonly revision: number }
  | { readonly type: 'jobQueueChanged'; readonly jobQueue: JobQueue }
  | { readonly type: 'jobQueueGone'; readonly name: string }
  | { readonly type: 'computeEnvironmentChanged'; readonly computeEnvironment: ComputeEnvironment }
  | { readonly type: 'computeEnvironmentGone'; readonly name: string }
  | { readonly type: 'resourceChanged'; readonly resource: AccountResource }
  | { readonly type: 'resourceGone'; readonly kind: AccountResourceKind; readonly arn: string }

export interface DiskSeen {
  readonly hostName: string
  /** What is free beyond what stays free, MiB. */
  readonly freeMib: number
  /** MiB by the names of attempts. Nothing new is known of those that are missing. */
  readonly written: ReadonlyMap<string, number>
}

/** What is true only of this run of the server, and never stored. */
export type PassingEvent =
  | {
      readonly type: 'driverSeen'
      readonly driver: string
      readonly health: { readonly kind: 'healthy' } | { readonly kind: 'unreachable'; readonly why: string }
      /** Absent when unreachable: the hosts last seen stay. */
      readonly hosts?: readonly Host[]
    }
  /** The disks of the driver's hosts were looked at, and what the attempts there had written. */
  | { readonly type: 'disksSeen'; readonly driver: string; readonly disks: readonly DiskSeen[] }
  /** Whether attempts may have ended on the driver without anybody knowing yet. */
  | { readonly type: 'endsUnread'; readonly driver: string; readonly unread: boolean }
  | { readonly type: 'jobParked'; readonly jobId: string }
  | { readonly type: 'schedulingDone' }
  /**
   * The head of a queue keeps room for itself while others pass it. Without a reservation it no
   * longer does.
   */
  | { readonly type: 'headReserved'; readonly jobQueue: string; readonly reservation: Reservation | undefined }
  /** All jobs that wait now for a reason on which their queues act after some time. */
  | { readonly type: 'stuckSeen'; readonly stuck: ReadonlyMap<string, Stuck> }
  /** The children whose partners had failed before the array was submitted. */
  | { readonly type: 'childDependenciesFailed'; readonly jobId: string; readonly indexes: readonly number[] }
  /** The consequences of earlier ends are decided. */
  | { readonly type: 'endsFollowed' }

export type Event = JobEvent | ResourceEvent | PassingEvent
