/**
 * The log store on files: an append-only file for each stream, spread over directories, with a
 * catalogue beside them.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Gate } from '../../ground/gate.ts'
import type { Pace } from '../../ground/pace.ts'
import { limits } from '../../model/limits.ts'
import type { Refusal } from '../../model/refusal.ts'
import { readGroupsToken, readStreamsToken, writeGroupsToken, writeStreamsToken } from '../describe-token.ts'
import { filterEvents } from '../filter-events.ts'
import { getEvents } from '../get-events.ts'
import { badToken, invalidParameter, noSuchGroup, noSuchStream } from '../log-refusal.ts'
import type * as store from '../log-store.ts'
import { StreamBusy } from '../log-store.ts'
import { BadPosition } from '../stream-view.ts'
import type { Catalog } from './catalog.ts'
import { isOwnedBy, type StreamRow } from './catalog-rows.ts'
import { FileStreamView } from './file-stream-view.ts'
import { FileWrittenLogs } from './file-written-logs.ts'
import { sizeOf, unlinkIfThere } from './files.ts'
import { LiveStream } from './live-stream.ts'
import { LogGroups } from './log-groups.ts'
import { openCatalog, recoverFile } from './open-catalog.ts'
import { OpenFiles } from './open-files.ts'
import { Recorder } from './recorder.ts'
import { indexPath, logPath, streamKey } from './stream-path.ts'
import { StreamWriter } from './stream-writer.ts'

const syncsAtOnce = 3

export interface FileLogStoreOptions {
  /**
   * The store's own directory, made if it does not exist. Only one process may use it at a time.
   */
  readonly directory: string
  /** Clock for ingestion times. */
  readonly now?: () => number
}

export async function openFileLogStore(options: FileLogStoreOptions): Promise<store.LogStore> {
  const root = join(options.directory, 'streams')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const catalog = await openCatalog(join(options.directory, 'catalog.db'), root)
  const groups = new LogGroups(join(options.directory, 'groups.json'))
  return new FileLogStore(root, catalog, groups, options.now ?? Date.now)
}

class FileLogStore implements store.LogStore {
  readonly #root: string
  readonly #catalog: Catalog
  readonly #now: () => number
  readonly #recorder: Recorder
  readonly #groups: LogGroups
  readonly written: FileWrittenLogs
  readonly #files = new OpenFiles()
  readonly #syncs = new Gate(syncsAtOnce)
  /** Streams that a writer has open. A promise stands for a stream that is being opened. */
  readonly #live = new Map<string, LiveStream | Promise<LiveStream>>()
  readonly #recovering = new Map<string, Promise<LiveStream | undefined>>()
  readonly #writers = new Set<StreamWriter>()

  constructor(root: string, catalog: Catalog, groups: LogGroups, now: () => number) {
    this.#root = root
    this.#catalog = catalog
    this.#now = now
    this.#recorder = new Recorder(catalog)
    this.#groups = groups
    this.written = new FileWrittenLogs({
      ...{ catalog, groups, now, recorder: this.#recorder },
      openWriter: (target) => this.openWriter(target),
      deleteStreams: (rows) => this.#delete(rows),
    })
  }

  async openWriter(target: store.LogTarget & { readonly byRequests?: true }): Promise<StreamWriter> {
    const key = streamKey(target.group, target.stream)
    if (this.#live.has(key)) throw new StreamBusy(`${target.stream} has a writer`)
    const opening = this.#recover(key, this.#catalog.find(target.group, target.stream)).then(
      (found) => found ?? new LiveStream(key, target),
    )
    this.#live.set(key, opening)
    try {
      const live = await opening
      this.#live.set(key, live)
      const writer: StreamWriter = new StreamWriter(live, target, {
        logPath: logPath(this.#root, key),
        indexPath: indexPath(this.#root, key),
        files: this.#files,
        recorder: this.#recorder,
        syncs: this.#syncs,
        now: this.#now,
        release: () => {
          this.#live.delete(key)
          this.#writers.delete(writer)
        },
      })
      this.#writers.add(writer)
      return writer
    } catch (error) {
      this.#live.delete(key)
      throw error
    }
  }

  async getEvents(query: store.GetEventsQuery): Promise<store.EventsPage | Refusal> {
    const { group, stream, owners } = query
    for (let isAgain = false; ; isAgain = true) {
      const view = await this.#view(group, stream, owners)
      if (!view) return this.#hasGroup(group, owners) ? noSuchStream() : noSuchGroup()
      try {
        return await getEvents(view, query)
      } catch (error) {
        // The stream may have been deleted meanwhile, or made anew.
        if (isAgain || !(error instanceof BadPosition)) throw error
      }
    }
  }

  async filterEvents(query: store.FilterEventsQuery, pace?: Pace): Promise<store.FilteredEventsPage | Refusal> {
    this.#recorder.catchUp()
    const catalog = this.#catalog
    const { owners } = query
    return filterEvents(
      {
        hasGroup: (group) => this.#hasGroup(group, owners),
        find: (group, stream) => catalog.find(group, stream, owners),
        withPrefix: (group, prefix, limit) =>
          catalog.streams(group, { prefix, owners, order: { by: 'name', descending: false }, limit }),
        aliveAt: (group, timeMs) => catalog.aliveAt(group, timeMs, owners),
        beginningAfter: (group, timeMs, untilMs, about) =>
          catalog.beginningAfter({ group, owners, timeMs, about }, untilMs),
        endingBefore: (group, timeMs, fromMs, about) => catalog.endingBefore({ group, owners, timeMs, about }, fromMs),
        view: (group, stream) => this.#view(group, stream, owners),
      },
      query,
      pace,
    )
  }

  async describeStreams(query: store.DescribeStreamsQuery): Promise<store.StreamsPage | Refusal> {
    const orderBy = query.orderBy ?? 'LogStreamName'
    if (orderBy === 'LastEventTime' && query.streamPrefix !== undefined) {
      return invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
    }
    const after = query.nextToken === undefined ? undefined : readStreamsToken(query.nextToken, orderBy)
    if (query.nextToken !== undefined && !after) return badToken()
    this.#recorder.catchUp()
    const { group, owners, streamPrefix: prefix = '' } = query
    if (!this.#hasGroup(group, owners)) return noSuchGroup()
    const order = { by: orderBy === 'LogStreamName' ? 'name' : 'time', descending: query.descending === true } as const
    const limit = query.limit ?? limits.logDescribePage
    const rows = this.#catalog.streams(group, { prefix, owners, order, after, limit: limit + 1 })
    const streams = rows.slice(0, limit)
    const last = streams.at(-1)
    if (rows.length <= limit || !last) return { streams }
    return { streams, nextToken: writeStreamsToken({ orderBy, stream: last.stream, lastMs: last.lastEventTimestamp }) }
  }

  async describeGroups(query: store.DescribeGroupsQuery): Promise<store.GroupsPage | Refusal> {
    if (query.prefix !== undefined && query.pattern !== undefined) {
      return invalidParameter('You can specify either logGroupNamePrefix or logGroupNamePattern, but not both.')
    }
    const after = query.nextToken === undefined ? '' : readGroupsToken(query.nextToken)
    if (after === undefined) return badToken()
    this.#recorder.catchUp()
    const limit = query.limit ?? limits.logDescribePage
    const pattern = query.pattern?.toLowerCase() ?? ''
    const groups = this.#allGroups(after, query.owners).filter(
      ({ group }) => group.startsWith(query.prefix ?? '') && group.toLowerCase().includes(pattern),
    )
    const page = groups.slice(0, limit)
    return groups.length <= limit ? { groups: page } : { groups: page, nextToken: writeGroupsToken(page.at(-1)!.group) }
  }

  async deleteStream(group: string, stream: string): Promise<Refusal | undefined> {
    this.#recorder.catchUp()
    if (this.#live.has(streamKey(group, stream))) throw new StreamBusy(`${stream} has a writer`)
    const row = this.#catalog.find(group, stream)
    if (!row) return this.#catalog.hasGroup(group) ? noSuchStream() : noSuchGroup()
    await this.#delete([row])
    return undefined
  }

  async deleteStreamsOlderThan(beforeMs: number, limit: number = limits.logStreamsDeletedAtOnce): Promise<number> {
    this.#recorder.catchUp()
    const rows = this.#catalog.olderThan(beforeMs, limit + this.#live.size)
    const free = rows.filter(({ group, stream }) => !this.#live.has(streamKey(group, stream))).slice(0, limit)
    const ofJobs = free.filter(({ byRequests }) => !byRequests)
    await this.#delete(ofJobs)
    const ofRequests = free.filter(({ byRequests }) => byRequests)
    return ofJobs.length + (await this.written.deleteOld(ofRequests, () => beforeMs))
  }

  async close(): Promise<void> {
    for (const writer of [...this.#writers]) await writer.abandon()
    this.#recorder.close()
    await this.#files.closeAll()
    this.#catalog.close()
  }

  #hasGroup(group: string, owners: readonly string[] | undefined): boolean {
    return this.#groups.find(group, owners) !== undefined || this.#catalog.hasGroup(group, owners)
  }

  /** Those of streams, and those that requests made. */
  #allGroups(after: string, owners: readonly string[] | undefined): store.GroupFacts[] {
    const all = new Map(this.#catalog.groups(after, owners).map((facts) => [facts.group, facts]))
    for (const { name, createdMs, retentionInDays } of this.#groups.all()) {
      if (name <= after || !this.#groups.find(name, owners)) continue
      const storedBytes = all.get(name)?.storedBytes ?? 0
      all.set(name, { group: name, creationTime: createdMs, storedBytes, retentionInDays })
    }
    return [...all.values()].sort((a, b) => (a.group < b.group ? -1 : 1))
  }

  async #delete(rows: readonly StreamRow[]): Promise<void> {
    for (const row of rows) {
      // A writer may have opened it while others were deleted.
      if (!this.#live.has(streamKey(row.group, row.stream))) await this.#deleteOne(row)
    }
  }

  /**
   * Deletes the files first: a row without a file is noticed and removed, but a file without a row
   * would come back. A recovery under way would record the stream again, so it is waited for. One
   * that begins meanwhile finds no file.
   */
  #deleteOne(row: StreamRow): Promise<undefined> {
    const key = streamKey(row.group, row.stream)
    const before = this.#recovering.get(key)?.catch(() => {})
    return this.#trackRecovery(
      key,
      Promise.resolve(before).then(async () => {
        this.#recorder.forget(key)
        await unlinkIfThere(logPath(this.#root, key))
        await unlinkIfThere(indexPath(this.#root, key))
        this.#catalog.remove([row])
        return undefined
      }),
    )
  }

  /** The stream as far as it is written now. Undefined for an unknown stream, or one of nobody among `owners`. */
  async #view(group: string, stream: string, owners?: readonly string[]): Promise<FileStreamView | undefined> {
    const key = streamKey(group, stream)
    const opened = this.#live.get(key)
    // Who may not see a stream does not wait for its recovery. One without a row has no line yet.
    if (opened instanceof Promise && owners && !this.#catalog.find(group, stream, owners)) return undefined
    const live = await opened
    const row = live ? live.row() : this.#catalog.find(group, stream)
    if (!row || !isOwnedBy(row, owners)) return undefined
    if (live) return live.writtenBytes > 0 ? this.#viewOf(row, key, true) : undefined
    if (row.sealed && (await sizeOf(logPath(this.#root, key))) === row.storedBytes) return this.#viewOf(row, key, false)
    // A writer may have opened the stream meanwhile. From then on only that writer may touch the
    // file's tail.
    if (this.#live.has(key)) return this.#view(group, stream, owners)
    const recovered = await this.#recover(key, row)
    if (recovered) return this.#viewOf(recovered.row(), key, false)
    this.#catalog.remove([row])
    return undefined
  }

  #viewOf(row: StreamRow, key: string, isLive: boolean): FileStreamView {
    return new FileStreamView({
      key,
      group: row.group,
      stream: row.stream,
      owner: row.owner,
      logPath: logPath(this.#root, key),
      indexPath: indexPath(this.#root, key),
      bytes: row.storedBytes,
      firstMs: row.firstEventTimestamp,
      lastMs: row.lastEventTimestamp,
      isLive,
    })
  }

  /** Recovers each stream once at a time, because recovery may cut the file's tail. */
  #recover(key: string, row: StreamRow | undefined): Promise<LiveStream | undefined> {
    const underWay = this.#recovering.get(key)
    if (underWay) return underWay
    const recovery = recoverFile(this.#root, key, row).then(async (found) => {
      if (found) this.#recorder.changed(found)
      return found
    })
    return this.#trackRecovery(key, recovery)
  }

  /** Until it is done, whoever looks for the stream waits for it and gets its result. */
  #trackRecovery<T extends LiveStream | undefined>(key: string, recovery: Promise<T>): Promise<T> {
    const tracked = recovery.finally(() => {
      if (this.#recovering.get(key) === tracked) this.#recovering.delete(key)
    })
    this.#recovering.set(key, tracked)
    return tracked
  }
}
