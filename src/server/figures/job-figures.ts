/**
 * How many jobs of each queue have each status, and how long the oldest startable job has waited.
 * The figures come from a walk over the jobs in memory, in pieces, at most once a second, however
 * many readers ask.
 */

import { childrenOf } from '../../core/state/children.ts'
import type { State } from '../../core/state/state.ts'
import { SteadyPace } from '../../ground/pace.ts'
import { countOf, nextChild } from '../../model/array-children.ts'
import { isTerminal, type Job, type JobStatus, jobStatuses } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'

const liveStatuses = jobStatuses.filter((status) => !isTerminal(status))

export interface QueueFigures {
  /** By status. Arrays count as their children. */
  readonly jobs: Map<JobStatus, number>
  oldestRunnableSinceMs: TimeMs | undefined
}

const lookEveryMs = 1000

export class JobFigures {
  readonly #state: () => State
  readonly #now: () => TimeMs
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #queues: ReadonlyMap<string, QueueFigures> = new Map()

  constructor(state: () => State, now: () => TimeMs) {
    this.#state = state
    this.#now = now
  }

  /** By queue, as of the last look. */
  get queues(): ReadonlyMap<string, QueueFigures> {
    return this.#queues
  }

  /** Must not be called again before it resolves. */
  async look(): Promise<void> {
    const now = this.#now()
    // A clock that was set back is no reason to wait for it.
    if (now >= this.#lookedAtMs && now - this.#lookedAtMs < lookEveryMs) return
    this.#lookedAtMs = now
    const { jobs, jobQueues } = this.#state()
    const found = new Map([...jobQueues.keys()].map((name) => [name, noJobs()]))
    const pace = new SteadyPace()
    // A job that changes meanwhile is counted once, as it is then.
    for (const job of jobs.values()) {
      const { jobQueue } = job.spec
      let figures = found.get(jobQueue)
      if (!figures) {
        figures = noJobs()
        found.set(jobQueue, figures)
      }
      countIn(figures, job)
      const turnOfOthers = pace.breathe()
      if (turnOfOthers) await turnOfOthers
    }
    this.#queues = found
  }
}

function noJobs(): QueueFigures {
  return { jobs: new Map(liveStatuses.map((status) => [status, 0])), oldestRunnableSinceMs: undefined }
}

function countIn(figures: QueueFigures, job: Job): void {
  const add = (status: JobStatus, by: number) => {
    const before = figures.jobs.get(status)
    if (before !== undefined) figures.jobs.set(status, before + by)
  }
  const children = childrenOf(job)
  if (children) for (const status of liveStatuses) add(status, countOf(children, status))
  else if (job.arrayIndex === undefined) add(job.state.status, 1)
  const sinceMs = runnableSinceMs(job)
  if (sinceMs !== undefined) figures.oldestRunnableSinceMs = Math.min(figures.oldestRunnableSinceMs ?? sinceMs, sinceMs)
}

/**
 * The submission time of an array with children that may start. The children have no time of their
 * own.
 */
function runnableSinceMs(job: Job): TimeMs | undefined {
  if (job.state.status === 'RUNNABLE') return job.state.sinceMs
  const children = childrenOf(job)
  return children && nextChild(children) !== undefined ? job.spec.createdAtMs : undefined
}
