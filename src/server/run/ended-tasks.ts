/**
 * Which job an ended task belonged to, for clients that ask ECS about a task soon after its end.
 * Only the newest are known, and none from before the server's start.
 */
import type { Event } from '../../core/events.ts'
import { limits } from '../../model/limits.ts'
import type { LoopListeners } from '../loop/loop-listeners.ts'

export class EndedTasks {
  /** Job ids by task id, the oldest first. */
  readonly #jobs = new Map<string, string>()
  readonly #most: number

  constructor(most: number = limits.endedTasksKnown) {
    this.#most = most
  }

  listen(listeners: Pick<LoopListeners, 'onEvents'>): this {
    listeners.onEvents((events) => this.take(events))
    return this
  }

  take(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type !== 'attemptEnded') continue
      this.#jobs.set(event.ended.taskId, event.jobId)
      if (this.#jobs.size <= this.#most) continue
      for (const oldest of this.#jobs.keys()) {
        this.#jobs.delete(oldest)
        break
      }
    }
  }

  jobOf(taskId: string): string | undefined {
    return this.#jobs.get(taskId)
  }
}
