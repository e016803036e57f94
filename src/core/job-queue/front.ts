/**
 * The first RUNNABLE jobs of a queue. Jobs that can never fit stand in no line, because the planner
 * puts them aside. Each is shown where it would stand in its share, and behind all others if nobody
 * else is in its share.
 */
import { nextChild } from '../../model/array-children.ts'
import type { Job } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { frontOfQueue } from '../scheduler/plan.ts'
import type { Candidate } from '../scheduler/whose-turn.ts'
import { childrenOf } from '../state/children.ts'
import { rankOf } from '../state/lines.ts'
import type { State } from '../state/state.ts'

/**
 * They were put aside in about the order of their turns, so the first of them are among this many.
 */
const parkedLookedAt = 10_000

export function firstRunnable(state: State, jobQueue: JobQueue, now: TimeMs, limit: number): Candidate[] {
  const parked = parkedOf(state, jobQueue)
  const first: Candidate[] = []
  const add = (of: readonly Candidate[]) => first.push(...of.slice(0, limit - first.length))
  for (const candidate of frontOfQueue(state, jobQueue, now, limit)) {
    const share = shareOf(candidate.job)
    const line = parked.get(share) ?? []
    while (line[0] && goesBefore(state, line[0], candidate.job)) add(candidatesOf(line.shift()!, limit))
    add([candidate])
  }
  const left = [...parked.values()].flat().sort((a, b) => (goesBefore(state, a, b) ? -1 : 1))
  for (const job of left) {
    if (first.length >= limit) break
    add(candidatesOf(job, limit))
  }
  return first
}

/** By share, in the order of their turns. */
function parkedOf(state: State, jobQueue: JobQueue): Map<string, Job[]> {
  const byShare = new Map<string, Job[]>()
  let looked = 0
  for (const jobId of state.waiting.get(jobQueue.name)?.parked ?? []) {
    if (looked++ === parkedLookedAt) break
    const job = state.jobs.get(jobId)
    if (!job) continue
    const line = byShare.get(shareOf(job)) ?? []
    byShare.set(shareOf(job), line)
    line.push(job)
  }
  for (const line of byShare.values()) line.sort((a, b) => (goesBefore(state, a, b) ? -1 : 1))
  return byShare
}

/** The job, or the children of an array that may start. */
function candidatesOf(job: Job, limit: number): Candidate[] {
  const children = childrenOf(job)
  if (!children) return [{ job, childIndex: undefined }]
  const found: Candidate[] = []
  let childIndex = nextChild(children)
  for (; childIndex !== undefined && found.length < limit; childIndex = nextChild(children, childIndex + 1))
    found.push({ job, childIndex })
  return found
}

function shareOf({ spec }: Job): string {
  return spec.shareIdentifier ?? ''
}

function goesBefore(state: State, a: Job, b: Job): boolean {
  return (rankOf(state, a) - rankOf(state, b) || a.seq - b.seq) < 0
}
