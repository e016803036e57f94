import { isTerminal, type Job } from '../../model/job.ts'
import { bytesOf, bytesOfJob } from './held-bytes.ts'
import type { State } from './state.ts'

/** Counts live jobs, and the bytes that they use. */

export function countLive(state: State, jobQueue: string, by: 1 | -1): void {
  state.liveJobs.set(jobQueue, (state.liveJobs.get(jobQueue) ?? 0) + by)
}

/** Adds or removes the job's bytes. */
export function countBytes(state: State, job: Job, by: 1 | -1): void {
  state.liveJobBytes.add(job.spec.owner, by * bytesOfJob(job))
}

export function retag(state: State, job: Job, tags: Job['tags']): void {
  const holds = job.arrayIndex === undefined && !isTerminal(job.state.status)
  if (holds) state.liveJobBytes.add(job.spec.owner, bytesOf(tags) - bytesOf(job.tags))
  job.tags = tags
}
