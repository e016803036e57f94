/** Describes a job that was asked to stop and has yet to end. */
import type { Job } from '../../model/job.ts'
import { childrenOf } from '../state/children.ts'
import { stopReason } from './stopping.ts'

/**
 * Undefined for a job that continues, or has ended. A job that waits for others first says for
 * which ones.
 */
export function stopText(job: Job): string | undefined {
  const { state, stop } = job
  if (state.status === 'STARTING' || state.status === 'RUNNING') {
    const { stopping } = state
    if (!stopping) return undefined
    return stopping.kind === 'reclaimed'
      ? `Being stopped, to be retried if its retry strategy says so: ${stopping.why}.`
      : `Being stopped: ${stopReason(stopping)}`
  }
  if (state.status !== 'PENDING' || !stop) return undefined
  const waitsForOthers = !childrenOf(job) || state.stopping !== undefined
  if (waitsForOthers) return `${stop.as === 'cancelled' ? 'Cancelled' : 'Terminated'}: ${stop.reason}`
  return stop.as === 'cancelled'
    ? `Cancelled, and ending when the children that run have ended: ${stop.reason}`
    : `Being stopped: ${stop.reason}`
}
