/**
 * The subject of each event, which decides what must be written for it. Each type has one line
 * here, and does not compile without it. docs/develop/turn.md
 */
import type { Event } from './events.ts'

/**
 * A `newJob` event is about a job that has no record yet. A `passing` event is true only of this
 * run of the server, and never stored.
 */
export type Subject =
  | 'newJob'
  | 'job'
  | 'jobTags'
  | 'jobDefinition'
  | 'jobQueue'
  | 'computeEnvironment'
  | 'resource'
  | 'passing'

export const subjects = {
  jobSubmitted: 'newJob',
  childSpawned: 'newJob',
  jobMadePending: 'job',
  jobMadeRunnable: 'job',
  attemptPlaced: 'job',
  attemptStarted: 'job',
  containerSeen: 'job',
  attemptStopping: 'job',
  attemptEnded: 'job',
  jobFinished: 'job',
  childrenHalted: 'job',
  stopAccepted: 'job',
  jobMarked: 'job',
  jobHeld: 'job',
  jobReleased: 'job',
  // The job may have left memory.
  jobTagsChanged: 'jobTags',
  jobDefinitionChanged: 'jobDefinition',
  jobDefinitionGone: 'jobDefinition',
  jobQueueChanged: 'jobQueue',
  jobQueueGone: 'jobQueue',
  computeEnvironmentChanged: 'computeEnvironment',
  computeEnvironmentGone: 'computeEnvironment',
  resourceChanged: 'resource',
  resourceGone: 'resource',
  driverSeen: 'passing',
  disksSeen: 'passing',
  endsUnread: 'passing',
  jobParked: 'passing',
  schedulingDone: 'passing',
  headReserved: 'passing',
  stuckSeen: 'passing',
  childDependenciesFailed: 'passing',
  endsFollowed: 'passing',
} as const satisfies Readonly<Record<Event['type'], Subject>>

/** The events with this subject. */
export type EventOf<S extends Subject> = Extract<
  Event,
  {
    readonly type: { [Type in keyof typeof subjects]: (typeof subjects)[Type] extends S ? Type : never }[Event['type']]
  }
>
