/** A finished job leaves memory once its end is durable. From then on it is read from the store. */
import { isTerminal } from '../model/job.ts'
import type { Event } from './events.ts'
import type { State } from './state/state.ts'

/** `events` are those that were just made durable. */
export function forgetFinished(state: State, events: readonly Event[]): void {
  state.endedArrays.clear()
  state.jobDefinitions.settle()
  for (const event of events) {
    if (event.type !== 'attemptEnded' && event.type !== 'jobFinished') continue
    const job = state.jobs.get(event.jobId)
    if (job && isTerminal(job.state.status)) state.jobs.delete(event.jobId)
  }
}
