/**
 * Collects what must be reported to the outside while the loop applies events one by one: a turn's
 * entries for the outbox.
 */
import type { Given } from '../../core/decision.ts'
import type { Event } from '../../core/events.ts'
import { childWithoutRecord } from '../../core/job/child-without-record.ts'
import { type BlockedJob, blockedJobs } from '../../core/notify/blocked.ts'
import { queueBlocked, stateChanged } from '../../core/notify/event-body.ts'
import { watch } from '../../core/notify/notices.ts'
import type { State } from '../../core/state/state.ts'
import type { Job } from '../../model/job.ts'
import type { OutboxEntry } from '../../store/outbox.ts'

export class Announcer {
  #entries: OutboxEntry[] = []
  /**
   * The last entry, if it reports a child that ended without an attempt. Siblings that ended in the
   * same way join it.
   */
  #ending: { readonly like: Job; readonly indexes: number[] } | undefined
  #parked: string[] = []
  /**
   * The last reported reason of each blocked job, by the id of what waits. Each reason is reported
   * once, and again after a restart.
   */
  readonly #told = new Map<string, string>()

  /**
   * Called before an event is applied. The returned function is called after it, and reports the
   * job as it is then.
   */
  watch(state: State, event: Event, next: Event | undefined, given: Given): () => void {
    const noticed = watch(state, event, next)
    return () => {
      if (event.type === 'jobParked') this.#parked.push(event.jobId)
      const notice = noticed?.()
      if (notice?.kind === 'jobChanged') this.#tellOf(notice.job, state, given)
      else if (notice?.kind === 'childrenEnded') {
        const first = childWithoutRecord(notice.parent, notice.indexes[0]!)
        if (first) this.#put(stateChanged(first, state, occurring(given)), notice.indexes)
      }
    }
  }

  /** Called after a scheduling pass was applied. */
  lookForBlocked(state: State, given: Given): void {
    for (const blocked of blockedJobs(state, given.now, this.#parked.splice(0))) this.#tellOnce(blocked, state, given)
  }

  #tellOf(job: Job, state: State, given: Given): void {
    this.#told.delete(job.jobId)
    if (this.#ending && endedAlike(this.#ending.like, job)) {
      this.#ending.indexes.push(job.arrayIndex!)
      return
    }
    const indexes = endedUnstarted(job) ? [job.arrayIndex!] : undefined
    this.#put(stateChanged(job, state, occurring(given)), indexes)
    this.#ending = indexes && { like: job, indexes }
  }

  #tellOnce({ job, waitingId, code, statusReason }: BlockedJob, state: State, given: Given): void {
    if (this.#told.get(waitingId) === code) return
    this.#told.set(waitingId, code)
    this.#put(queueBlocked(job, statusReason, state, occurring(given)))
  }

  #put(event: object, children?: readonly number[]): void {
    this.#ending = undefined
    this.#entries.push({ body: JSON.stringify(event), ...(children ? { children } : {}) })
  }

  /** Returns the entries of this turn in order. */
  take(): OutboxEntry[] {
    const entries = this.#entries
    this.#entries = []
    this.#ending = undefined
    return entries
  }

  /** The entries that were last taken did not become durable. */
  undone(): void {
    this.#told.clear()
  }
}

function occurring(given: Given) {
  return { id: given.newId(), atMs: given.now }
}

/**
 * Whether a child of an array ended without an attempt, and differs from its siblings only in its
 * index.
 */
function endedUnstarted(job: Job): boolean {
  const { arrayIndex, attempts, state, tags } = job
  return (
    arrayIndex !== undefined && attempts.length === 0 && state.status === 'FAILED' && Object.keys(tags).length === 0
  )
}

function endedAlike(a: Job, b: Job): boolean {
  return (
    endedUnstarted(b) &&
    a.spec === b.spec &&
    a.state.status === 'FAILED' &&
    b.state.status === 'FAILED' &&
    a.state.statusReason === b.state.statusReason &&
    a.state.stoppedAtMs === b.state.stoppedAtMs &&
    a.isCancelled === b.isCancelled &&
    a.isTerminated === b.isTerminated
  )
}
