/** Words why a live attempt is being stopped. */
import type { Job } from '../../model/job.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { StopCause } from '../../model/stop-record.ts'

export function stoppingOf({ state }: Job): StopCause | undefined {
  return state.status === 'STARTING' || state.status === 'RUNNING' ? state.stopping : undefined
}

export function stopReason(cause: StopCause): string {
  switch (cause.kind) {
    case 'terminated':
      return cause.reason
    case 'timedOut':
      return statusReasons.timedOut
    case 'queueDeleted':
      return statusReasons.queueDeleted
    case 'reclaimed':
      return cause.why
  }
}
