/**
 * What each event is of, and so what of it must be written: one line here for each type, without which nothing compiles.
 * docs/develop/turn.md
 */
import type { Event } from './events.ts'

/** `newJob` is of a job that has no record yet. What is `passing` is true of this run of the server only, and never stored. */
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
  endsUnread: 'passing',
  jobParked: 'passing',
  schedulingDone: 'passing',
  headReserved: 'passing',
  stuckSeen: 'passing',
  childDependenciesFailed: 'passing',
  endsFollowed: 'passing',
} as const satisfies Readonly<Record<Event['type'], Subject>>

/** The events that are of it. */
export type EventOf<S extends Subject> = Extract<
  Event,
  {
    readonly type: { [Type in keyof typeof subjects]: (typeof subjects)[Type] extends S ? Type : never }[Event['type']]
  }
>
