/**
 * One client that watches: it is sent the changes that its filter and its rights let through, signs
 * of life in between, and is closed when it may not watch any longer.
 */
import { limits } from '../../../../model/limits.ts'
import type { Batch, Change, ChangeFeed, JobChanged, Watching } from '../../../../server/changes/change-feed.ts'
import type { WatchedEvent } from '../../../../wire/events.ts'
import type { RequestContext } from '../../../context.ts'
import { sightOf } from '../../../sight.ts'
import { EventStream } from './event-stream.ts'

/** Every given part must be met. */
export interface WatchFilter {
  /** Jobs, and arrays whose children are meant too. */
  readonly jobs?: ReadonlySet<string>
  /** Names. */
  readonly queues?: ReadonlySet<string>
  readonly users?: ReadonlySet<string>
}

export interface WatcherOptions {
  readonly feed: Pick<ChangeFeed, 'watch' | 'lastId'>
  readonly context: RequestContext
  /** The caller as of now; undefined once they may not watch. */
  readonly again: () => RequestContext | undefined
  readonly filter: WatchFilter
  /** The place up to which the client has read. Undefined: it has read nothing. */
  readonly lastId: string | undefined
  /** Called once the client took nothing for too long. */
  readonly cutOff: () => void
  readonly checkMs?: number
  readonly beatMs?: number
  readonly stallMs?: number
}

const readAgain = 'Changes are missing here. Read again what is shown.'
const notAllowed = 'The caller may not watch any longer.'

export class Watcher {
  readonly stream = new EventStream(limits.watcherBytes)
  readonly #options: WatcherOptions
  readonly #watching: Watching
  readonly #check: NodeJS.Timeout
  readonly #beat: NodeJS.Timeout
  #stall: NodeJS.Timeout | undefined
  #context: RequestContext
  #known: unknown
  #sightSinceMs: number

  constructor(options: WatcherOptions) {
    const { feed, context, lastId, checkMs = limits.watcherCheckMs, beatMs = limits.watcherBeatMs } = options
    this.#options = options
    this.#context = context
    this.#known = context.backend.identities.current()
    this.#sightSinceMs = context.now()
    this.#watching = feed.watch((batch) => this.#orReset(() => this.#lookAgain() && this.#tell(batch)), lastId)
    this.#check = setInterval(() => this.#orReset(() => this.#lookAgain()), checkMs).unref()
    // The place alone: a client that finds no change for long can still go on from here.
    this.#beat = setInterval(() => this.#send(`:\nid: ${feed.lastId}\n\n`), beatMs).unref()
    const { missed } = this.#watching
    const ready = eventText({ event: 'ready', data: {} }, (missed && lastId) ?? feed.lastId)
    this.#send(`retry: 2000\n${ready}${missed ? '' : this.#reset()}`)
    // With the rights of the request, which were looked at just now.
    for (const batch of missed ?? []) this.#orReset(() => this.#tell(batch))
  }

  /** Called in any case, when the client or the server is gone. */
  close(): void {
    this.#leave()
    clearTimeout(this.#stall)
    this.stream.end()
  }

  /** While users and policies cannot be read, nobody knows what the client may see: it asks again later. */
  #orReset(work: () => void): void {
    try {
      work()
    } catch {
      this.#end(this.#reset(), true)
    }
  }

  #tell({ id, changes }: Batch): void {
    if (this.stream.isOver) return
    const events = changes?.filter((change) => this.#concerns(change)).map(eventOf) ?? [
      { event: 'reset', data: { why: readAgain } } as const,
    ]
    if (events.length === 0) return
    const text = events.map((event, at) => eventText(event, at === events.length - 1 ? id : undefined)).join('')
    // More at once than may wait at all is no fault of the client.
    const isTooMuch = Buffer.byteLength(text) > limits.watcherBytes
    this.#send(isTooMuch ? this.#reset() : text)
  }

  #concerns(change: Change): boolean {
    const { jobs, queues, users } = this.#options.filter
    if (change.kind === 'job') return this.#concernsJob(change)
    if (jobs || users) return false
    return change.kind === 'queue' ? (queues?.has(change.name) ?? true) : !queues
  }

  #concernsJob(change: JobChanged): boolean {
    const { jobs, queues, users } = this.#options.filter
    const { jobQueue, owner } = change
    if ((queues && !queues.has(jobQueue)) || (users && !users.has(owner)) || !isNamed(change, jobs)) return false
    return sightOf(this.#context).sees(owner)
  }

  /** Returns whether the client may still watch, and remembers with what rights. */
  #lookAgain(): boolean {
    if (this.stream.isOver) return false
    const context = this.#options.again()
    if (!context) {
      this.#end(eventText({ event: 'end', data: { why: notAllowed } }), true)
      return false
    }
    // Whose jobs are seen is found anew only if that can have changed: there may be many users.
    const known = context.backend.identities.current()
    const now = context.now()
    if (known === this.#known && Math.abs(now - this.#sightSinceMs) < limits.watcherSightMs) return true
    this.#known = known
    this.#sightSinceMs = now
    this.#context = context
    return true
  }

  #send(text: string): void {
    if (!this.stream.push(text)) this.#end(this.#reset(), true)
  }

  /** Whoever reads everything again goes on from the present. */
  #reset(): string {
    return eventText({ event: 'reset', data: { why: readAgain } }, this.#options.feed.lastId)
  }

  #end(last: string, instead: boolean): void {
    this.#leave()
    this.stream.end(last, instead)
    const { cutOff, stallMs = limits.watcherStallMs } = this.#options
    this.#stall = setTimeout(cutOff, stallMs).unref()
  }

  #leave(): void {
    this.#watching.stop()
    clearInterval(this.#check)
    clearInterval(this.#beat)
  }
}

/** Children of arrays are for those who name them or their array. */
function isNamed({ jobId, arrayJobId }: JobChanged, jobs: ReadonlySet<string> | undefined): boolean {
  if (!jobs) return arrayJobId === undefined
  return jobs.has(jobId) || (arrayJobId !== undefined && jobs.has(arrayJobId))
}

function eventOf(change: Change): WatchedEvent {
  if (change.kind !== 'job') return { event: change.kind, data: { name: change.name } }
  const { jobId, jobQueue, owner: user, status } = change
  return { event: 'job', data: { jobId, jobQueue, user, status } }
}

/** JSON has no line breaks of its own, so the data is one line. */
function eventText({ event, data }: WatchedEvent, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
