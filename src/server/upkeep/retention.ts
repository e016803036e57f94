/**
 * Deletes what is older than the operator wants to keep, a little at a time. Runs only where a
 * retention is set.
 *
 * Time in which no server looked does not count. Whatever ended then is kept for a while after
 * somebody could first see it, and a clock that is wrong for an hour deletes nothing. The time of
 * the last round, which outlives the server, shows whether there was such a gap.
 */
import type { Logger } from 'pino'
import { giveWay } from '../../ground/pace.ts'
import { Repeating, type RepeatingOptions } from '../../ground/repeating.ts'
import type { LogStore } from '../../logs/log-store.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import type { Store } from '../../store/store.ts'
import { nextRounds, type Rounds } from './rounds.ts'

export interface RetentionOptions {
  readonly what: 'logs' | 'written logs' | 'jobs' | 'uploads'
  readonly days: number
  /** Takes one bounded step. Returns whether another is to follow. */
  readonly deleteSome: (olderThanMs: TimeMs) => boolean | Promise<boolean>
  readonly now: () => number
  /** Keeps a short text across restarts. */
  readonly note: { read(): string | undefined; write(text: string): void }
  readonly log: Logger
  /** Real time unless a test says otherwise. */
  readonly wait?: RepeatingOptions['wait']
}

const everyMs = 3_600_000
const dayMs = 86_400_000

export class Retention {
  readonly #options: RetentionOptions
  readonly #rounds: Repeating

  constructor(options: RetentionOptions) {
    this.#options = options
    const { what, log, wait } = options
    const whenFailed = `old ${what} could not be deleted; trying again later`
    this.#rounds = new Repeating({ everyMs, log, whenFailed, wait, run: (signal) => this.#deleteOld(signal) })
  }

  /** Returns at once. */
  start(): void {
    void this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /**
   * After a time in which nobody looked, nothing is deleted for as long again, up to the retention
   * itself.
   */
  #mayDelete(nowMs: TimeMs): boolean {
    const { days, note } = this.#options
    const rounds = nextRounds(readRounds(note.read()), nowMs, days * dayMs)
    note.write(JSON.stringify(rounds))
    return nowMs >= rounds.heldUntilMs
  }

  async #deleteOld(signal: AbortSignal): Promise<void> {
    const { days, deleteSome, now } = this.#options
    const olderThanMs = now() - days * dayMs
    if (!this.#mayDelete(now())) return
    while (!signal.aborted && (await deleteSome(olderThanMs))) await giveWay()
  }
}

function readRounds(text: string | undefined): Rounds | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Rounds)
}

export function deletingLogs(logs: Pick<LogStore, 'deleteStreamsOlderThan'>): RetentionOptions['deleteSome'] {
  return async (olderThanMs) => (await logs.deleteStreamsOlderThan(olderThanMs)) > 0
}

/** Each group says for itself how long it keeps what requests wrote into it. */
export function deletingWrittenLogs(
  logs: Pick<LogStore, 'written'>,
  now: () => number,
): RetentionOptions['deleteSome'] {
  return async () => (await logs.written.deleteExpired(now())) > 0
}

/** Gives up uploads in parts that were begun long ago, so that their parts do not fill the disk. */
export function removingUploads(objects: Pick<ObjectStore, 'removeUploadsBefore'>): RetentionOptions['deleteSome'] {
  return async (olderThanMs) => {
    await objects.removeUploadsBefore(olderThanMs)
    return false
  }
}

/**
 * Deletes jobs by the time they ended, in the order in which they were submitted. Their logs have a
 * retention of their own.
 */
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
