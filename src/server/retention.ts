/** Deletes what is older than the operator wants to keep, some at a time. Runs only where a retention is set. */
import type { Logger } from 'pino'
import type { LogStore } from '../logs/log-store.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import type { Store } from '../store/store.ts'
import { delay } from './clock.ts'

export interface RetentionOptions {
  readonly what: 'logs' | 'jobs'
  readonly days: number
  /** One bounded step. Gives whether another is to follow. */
  readonly deleteSome: (olderThanMs: TimeMs) => boolean | Promise<boolean>
  readonly now: () => number
  readonly log: Logger
  /** Real time unless a test says otherwise. */
  readonly wait?: typeof delay
}

const everyMs = 3_600_000
const dayMs = 86_400_000

export class Retention {
  readonly #options: RetentionOptions
  readonly #closing = new AbortController()
  #rounds: Promise<void> = Promise.resolve()

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  start(): void {
    this.#rounds = this.#repeat()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#rounds
  }

  async #repeat(): Promise<void> {
    const { what, days, deleteSome, now, log, wait = delay } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const olderThanMs = now() - days * dayMs
        // Whoever waits for the server has his turn between two steps.
        while (!signal.aborted && (await deleteSome(olderThanMs))) await new Promise(setImmediate)
      } catch (err) {
        log.warn({ err }, `old ${what} could not be deleted; trying again later`)
      }
      await wait(everyMs, signal)
    }
  }
}

export function deletingLogs(logs: Pick<LogStore, 'deleteStreamsOlderThan'>): RetentionOptions['deleteSome'] {
  return async (olderThanMs) => (await logs.deleteStreamsOlderThan(olderThanMs)) > 0
}

/** Jobs by when they ended, in the order in which they were submitted. Their logs have a retention of their own. */
export function deletingJobs(store: Pick<Store, 'deleteJobs'>): RetentionOptions['deleteSome'] {
  let afterSeq = 0
  return (olderThanMs) => {
    const from = afterSeq
    afterSeq = 0
    const { lookedUpTo } = store.deleteJobs({
      endedBeforeMs: olderThanMs,
      afterSeq: from,
      limit: limits.jobsDeletedAtOnce,
    })
    afterSeq = lookedUpTo ?? 0
    return lookedUpTo !== undefined
  }
}
