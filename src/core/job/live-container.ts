/** A container of an attempt that lives, found by the name that its driver knows it by. */
import { type Job, jobIdOfAttemptName, type LiveAttempt, liveAttempt, type Part, partOfName } from '../../model/job.ts'
import type { State } from '../state/state.ts'
import type { TaskContainer } from '../workload/task-container.ts'
import { tasksOf } from '../workload/tasks.ts'
import { type Place, placeDetail } from './read-place.ts'

export interface LiveContainer {
  readonly job: Job
  readonly attempt: LiveAttempt
  /** Absent for the only container of an attempt. */
  readonly part?: Part
  readonly container: TaskContainer
  readonly place: Place
  readonly taskArn: string
}

/** Undefined once the attempt is over. */
export function liveContainer(state: State, name: string): LiveContainer | undefined {
  const of = jobIdOfAttemptName(name)
  const job = of && state.jobs.get(of.jobId)
  const attempt = job && liveAttempt(job)
  if (!of || !job || attempt?.number !== of.attempt) return undefined
  const part = partOfName(name)
  const container = containerOf(job, part)
  return container && { job, attempt, ...(part && { part }), container, ...placeOf(state, attempt, part) }
}

/** Whether the attempt has not ended yet. */
export function attemptLives(state: State, { jobId, number }: { jobId: string; number: number }): boolean {
  const job = state.jobs.get(jobId)
  return job !== undefined && liveAttempt(job)?.number === number
}

function containerOf({ spec }: Job, { node, container }: Part = { node: 0, container: 0 }): TaskContainer | undefined {
  return tasksOf(spec).find(({ from, to }) => from <= node && node <= to)?.containers[container]
}

/** Where this container of the attempt runs: each node of a multi-node job is a task of its own. */
export function placeOf(state: State, attempt: LiveAttempt, part: Part | undefined): { place: Place; taskArn: string } {
  const node = part && attempt.nodes?.[part.node]
  const { taskId, instanceId } = node ?? attempt
  const place = { computeEnvironment: attempt.computeEnvironment, taskId, instanceId }
  return { place, taskArn: placeDetail(place, state).taskArn }
}
