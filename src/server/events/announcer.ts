/** Collects, while the loop applies events one by one, what the outside is to be told of them: a turn's entries for the outbox. */
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
  /** The last entry, where it tells of a child that ended without an attempt: others that ended in the same way join it. */
  #ending: { readonly like: Job; readonly indexes: number[] } | undefined
  #parked: string[] = []
  /** What was last told of a blocked job, by the id of what waits: of each reason it is told once, and again after a restart. */
  readonly #told = new Map<string, string>()

  /** To be called before an event is applied; what it gives is to be called after. The job is told of as it is then. */
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

  /** After a scheduling pass was applied. */
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

  /** The entries of this turn, in the order of what happened. */
  take(): OutboxEntry[] {
    const entries = this.#entries
    this.#entries = []
    this.#ending = undefined
    return entries
  }

  /** What was taken last did not become durable. */
  undone(): void {
    this.#told.clear()
  }
}

function occurring(given: Given) {
  return { id: given.newId(), atMs: given.now }
}

/** A child of an array that ended without an attempt, and differs from its siblings in nothing but its index. */
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
