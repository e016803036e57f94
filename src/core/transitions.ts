/**
 * The transition table of a job as data: which event may occur in which status, and where it leads.
 * `evolve` obeys it, and the state chart in docs/state-machine.md is generated from it. Source:
 * docs/aws §2.1, https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
import { type JobStatus, jobStatuses } from '../model/job.ts'
import type { JobEvent } from './events.ts'

export interface Transition {
  readonly from: readonly JobStatus[]
  readonly to: readonly JobStatus[]
  readonly when: string
}

/** `jobSubmitted` and `childSpawned` make the job, so there is no status before them. */
export const transitions: Readonly<Record<JobEvent['type'], Transition>> = {
  jobSubmitted: { from: [], to: ['SUBMITTED'], when: 'SubmitJob was accepted' },
  childSpawned: { from: [], to: ['RUNNABLE'], when: 'an array child is about to start or to end' },
  jobMadePending: { from: ['SUBMITTED'], to: ['PENDING'], when: 'jobs it depends on have yet to end' },
  jobMadeRunnable: {
    from: ['SUBMITTED', 'PENDING'],
    to: ['RUNNABLE', 'PENDING'],
    when: 'nothing is left to wait for but a place (an array parent goes to PENDING)',
  },
  attemptPlaced: { from: ['RUNNABLE'], to: ['STARTING'], when: 'the planner reserved a place on a host' },
  attemptStarted: { from: ['STARTING'], to: ['RUNNING'], when: 'the container runs' },
  containerSeen: {
    from: ['STARTING', 'RUNNING'],
    to: ['STARTING', 'RUNNING'],
    when: 'a container of several began or ended',
  },
  attemptStopping: {
    from: ['STARTING', 'RUNNING'],
    to: ['STARTING', 'RUNNING'],
    when: 'terminate, timeout, queue deleted, or reclaimed from spot',
  },
  attemptEnded: {
    from: ['STARTING', 'RUNNING'],
    to: ['RUNNABLE', 'SUCCEEDED', 'FAILED'],
    when: 'the attempt ended; retried while the retry strategy says so',
  },
  jobFinished: {
    from: ['SUBMITTED', 'PENDING', 'RUNNABLE'],
    to: ['SUCCEEDED', 'FAILED'],
    when: 'cancelled before it started, a dependency failed, or all children of an array ended',
  },
  childrenHalted: {
    from: ['PENDING'],
    to: ['PENDING'],
    when: 'an array was cancelled or terminated, or what its children wait for failed: those that never started end',
  },
  stopAccepted: {
    from: ['PENDING'],
    to: ['PENDING'],
    when: 'a cancel or terminate was accepted, to take effect when the jobs it depends on have ended',
  },
  jobMarked: {
    from: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    to: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    when: 'a cancel or terminate was accepted',
  },
  jobHeld: {
    from: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    to: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    when: 'the database was restored from a backup: what has become of the job since is not known',
  },
  jobReleased: {
    from: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    to: ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'],
    when: 'the engine still has its attempt, or an administrator released it',
  },
  // Also possible after the end: a job that ended a moment ago, in the same batch, is still in
  // memory.
  jobTagsChanged: { from: jobStatuses, to: jobStatuses, when: 'TagResource, UntagResource' },
}
