/** Deletes logs that are older than the operator wants to keep, some at a time. Runs only where a retention is set. */
import type { Logger } from 'pino'
import type { LogStore } from '../logs/log-store.ts'
import { delay } from './clock.ts'

export interface RetentionOptions {
  readonly logs: Pick<LogStore, 'deleteStreamsOlderThan'>
  readonly now: () => number
  readonly log: Logger
  readonly days: number
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
    const { logs, now, log, days } = this.#options
    while (!this.#closing.signal.aborted) {
      try {
        let deleted = 1
        while (deleted > 0 && !this.#closing.signal.aborted)
          deleted = await logs.deleteStreamsOlderThan(now() - days * dayMs)
      } catch (err) {
        log.warn({ err }, 'old logs could not be deleted; trying again later')
      }
      await delay(everyMs, this.#closing.signal)
    }
  }
}
