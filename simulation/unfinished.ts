/**
 * What is left of each stream when a simulation is over, and which of these jobs could not have
 * started.
 */

import { childrenOf } from '../src/core/state/children.ts'
import type { State } from '../src/core/state/state.ts'
import type { Resources } from '../src/model/resources.ts'
import type { Work } from './arrivals.ts'
import type { Figures } from './figures.ts'

export interface Unfinished {
  /** Children of arrays count one by one. */
  readonly jobs: number
  readonly running: number
  /** No host, or no compute environment of the queue, can hold them. */
  readonly tooLarge: number
  /** The one with the most vCPUs among them. */
  readonly largest?: Resources
}

export function unfinishedOf(
  state: State,
  figures: Pick<Figures, 'submissions' | 'submissionOf'>,
  runs: Iterable<{ readonly work: Work }>,
): Map<string, Unfinished> {
  const unfinished = new Map<string, { -readonly [Member in keyof Unfinished]: Unfinished[Member] }>()
  for (const { work, ended } of figures.submissions.values()) {
    const of = unfinished.get(work.stream.name) ?? { jobs: 0, running: 0, tooLarge: 0 }
    unfinished.set(work.stream.name, of)
    of.jobs += (work.arraySize ?? 1) - ended
  }
  for (const { work } of runs) unfinished.get(work.stream.name)!.running++
  for (const { parked } of state.waiting.values())
    for (const jobId of parked) {
      const job = state.jobs.get(jobId)!
      const { work } = figures.submissionOf(job)
      const of = unfinished.get(work.stream.name)!
      // An array stands for its children that never started.
      of.tooLarge += childrenOf(job)?.startable ?? 1
      if (of.largest === undefined || work.resources.vcpus > of.largest.vcpus) of.largest = work.resources
    }
  return unfinished
}
