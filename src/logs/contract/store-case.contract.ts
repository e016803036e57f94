/** The tools of the log store's suite: a store for each case, and short ways to write and read. */
import type { LogEntry } from '../../model/log-entry.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { EventsPage, FilterEventsQuery, FilteredLogEvent, GetEventsQuery, LogStore } from '../log-store.ts'

export const group = '/aws/batch/job'
export const capBytes = 1_048_576 * 64

export interface StoreUnderTest {
  readonly store: LogStore
  /** Closes the store and opens it again on the same data. */
  reopen(): Promise<LogStore>
  /** Closes and removes everything. */
  remove(): Promise<void>
}

export class StoreCase {
  nowMs = 1_700_000_000_000
  store!: LogStore
  #under!: StoreUnderTest

  async begin(make: (now: () => number) => Promise<StoreUnderTest>): Promise<void> {
    this.nowMs = 1_700_000_000_000
    this.#under = await make(() => this.nowMs)
    this.store = this.#under.store
  }

  async reopen(): Promise<void> {
    this.store = await this.#under.reopen()
  }

  end(): Promise<void> {
    return this.#under.remove()
  }

  /** Writes a finished stream of these lines. */
  async write(stream: string, entries: readonly LogEntry[], inGroup = group, owner?: string): Promise<void> {
    const writer = await this.store.openWriter({ group: inGroup, stream, owner, capBytes })
    await writer.append(entries)
    await writer.finish()
  }

  /** Reads a page of the stream `s`, unless the query names another. */
  async get(query: Partial<GetEventsQuery> = {}): Promise<EventsPage> {
    const page = await this.store.getEvents({ group, stream: 's', ...query })
    if (isRefusal(page)) throw new Error(page.message)
    return page
  }

  /** Reads all pages of a search. Pages may be empty, but must come to an end. */
  async search(query: Partial<FilterEventsQuery> = {}): Promise<FilteredLogEvent[]> {
    const events: FilteredLogEvent[] = []
    let nextToken: string | undefined
    do {
      const page = await this.store.filterEvents({ group, ...query, ...(nextToken === undefined ? {} : { nextToken }) })
      if (isRefusal(page)) throw new Error(page.message)
      events.push(...page.events)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return events
  }
}

/** Makes an entry at 1000 ms plus `n`, with the cursor `n`. */
export function entry(n: number, message: string): LogEntry {
  return { atMs: 1000 + n, message, cursor: String(n) }
}

export function lines(count: number): LogEntry[] {
  return Array.from({ length: count }, (_, n) => entry(n, `line ${n}`))
}

/** Makes the messages of `lines`, from the first index up to the second, which is excluded. */
export function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `line ${from + n}`)
}
