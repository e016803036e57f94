import type { Pace } from '../ground/pace.ts'
import type { LogEntry } from '../model/log-entry.ts'
import type { Refusal } from '../model/refusal.ts'

/**
 * A log store keeps every line of every attempt, and answers the operations of CloudWatch Logs. The
 * implementation is `file/`, which is cheap enough for tests in a temporary directory. Any other
 * must pass the suite in `log-store.contract.ts`.
 *
 * A query answers a client's mistake (unknown stream, bad token, bad pattern) with a `Refusal`. It
 * throws only when the disk fails.
 */
export interface LogStore {
  /**
   * Opens the stream for appending where the previous writer stopped; `cursor` says where. The
   * stream exists from its first line on. Throws `StreamBusy` while another writer has it open.
   */
  openWriter(target: LogTarget): Promise<LogWriter>

  /** CloudWatch's GetLogEvents. */
  getEvents(query: GetEventsQuery): Promise<EventsPage | Refusal>
  /**
   * CloudWatch's FilterLogEvents. The work of one call is bounded, so a page may be empty and still
   * have a token. With a `pace` it gives way to other work, and rejects with the pace's reason once
   * the answer is no longer wanted.
   */
  filterEvents(query: FilterEventsQuery, pace?: Pace): Promise<FilteredEventsPage | Refusal>
  /** CloudWatch's DescribeLogStreams. */
  describeStreams(query: DescribeStreamsQuery): Promise<StreamsPage | Refusal>
  /** CloudWatch's DescribeLogGroups. A group exists from its first stream on. */
  describeGroups(query: DescribeGroupsQuery): Promise<GroupsPage | Refusal>

  /**
   * Removes the stream and its lines. Refuses for an unknown stream. Throws `StreamBusy` while a
   * writer has it open.
   */
  deleteStream(group: string, stream: string): Promise<Refusal | undefined>
  /**
   * Deletes streams that no writer has open and whose last event is older than `beforeMs`: the
   * oldest first, at most `limit` (default `limits.logStreamsDeletedAtOnce`). Resolves with their
   * number. Call it again until that number is 0.
   */
  deleteStreamsOlderThan(beforeMs: number, limit?: number): Promise<number>

  /** What requests write, and no job. */
  readonly written: WrittenLogs

  /**
   * Writes everything that is pending, and closes files and timers. Writers that are still open can
   * no longer write.
   */
  close(): Promise<void>
}

/**
 * Groups and streams that requests make, with the events they put there. A stream that a job writes
 * is never one of them, and no request touches it.
 */
export interface WrittenLogs {
  createGroup(group: NewGroup): Refusal | undefined
  /** Deletes the group with its streams. Refuses one that holds the output of jobs. */
  deleteGroup(query: GroupQuery): Promise<Refusal | undefined>
  /** Undefined: for ever. */
  setRetention(query: GroupQuery, days: number | undefined): Refusal | undefined
  /** When it resolves, the stream survives a power loss. */
  createStream(stream: NewStream): Promise<Refusal | undefined>
  deleteStream(query: StreamQuery): Promise<Refusal | undefined>
  /**
   * When it resolves, the events survive a power loss. An event that is older than the last one in
   * the stream gets that one's time.
   */
  put(query: PutQuery): Promise<PutResult | Refusal>
  /**
   * The user who made the stream or, without one of that name, the group. Undefined where the query
   * may not know of the group.
   */
  ownerOf(query: OwnerQuery): string | undefined
  /** Deletes streams that their groups keep no longer, a bounded number. Resolves with it. */
  deleteExpired(nowMs: number): Promise<number>
}

export interface GroupQuery extends WithinSight {
  readonly group: string
}
export interface StreamQuery extends GroupQuery {
  readonly stream: string
}
export interface OwnerQuery extends GroupQuery {
  readonly stream?: string | undefined
}
export interface NewGroup extends GroupQuery {
  /** Who makes it. */
  readonly owner: string
}
export interface NewStream extends StreamQuery {
  readonly owner: string
}
export interface PutQuery extends StreamQuery {
  readonly events: readonly { readonly timestamp: number; readonly message: string }[]
}

/** Events that were left out: indexes into those of the request. */
export interface PutResult {
  /** All before this one are too old. */
  readonly tooOldEnd?: number
  /** All before this one are older than their group keeps events. */
  readonly expiredEnd?: number
  /** This one and all after it are too new. */
  readonly tooNewStart?: number
}

export interface LogTarget {
  readonly group: string
  readonly stream: string
  /** The user whose job writes the stream. Kept with it from its first line on. */
  readonly owner?: string | undefined
  /**
   * The size that the stream's file may reach. At that size one line says so, and further entries
   * are counted but not stored.
   */
  readonly capBytes: number
}

export interface LogWriter {
  /**
   * The driver's cursor of the last accepted entry; undefined before the first. `streamLogs`
   * continues there after a crash, without gap or repeat. After a power loss it is the cursor of
   * the last entry that survived.
   */
  readonly cursor: string | undefined
  /**
   * Entries dropped because the stream was full. Counts this writer's life and, as far as was
   * recorded, the time before.
   */
  readonly droppedEntries: number
  /**
   * Appends the entries. When it resolves, every reader in this process sees them and they survive
   * `kill -9`. They survive power loss after `finish`. Await it before the next call: that is the
   * back-pressure. Throws when the disk does. Then none or only the first of the entries were
   * stored, `cursor` says how many, and the call may be repeated with the rest.
   */
  append(entries: readonly LogEntry[]): Promise<void>
  /**
   * Called when the attempt has ended. Forces everything to disk (fdatasync), records the stream's
   * facts and closes the writer.
   */
  finish(): Promise<void>
  /**
   * Closes the writer without finishing, so that another writer may continue. May be called again,
   * and after `finish`.
   */
  close(): Promise<void>
}

/** The disk lost a part of what a writer had written. Only a new writer knows where to continue. */
export class StreamLost extends Error {
  override readonly name = 'StreamLost'
}

/** The caller opened a second writer on a stream, or deleted a stream under its writer. */
export class StreamBusy extends Error {
  override readonly name = 'StreamBusy'
}

/** Times are ms since 1970. */
export interface LogEvent {
  readonly timestamp: number
  readonly message: string
  readonly ingestionTime: number
}

/**
 * What a query may know of. To it, streams of other users do not exist, nor does a group that holds
 * no others. Neither do streams whose owner is not known: an earlier version wrote them.
 */
export interface WithinSight {
  /** Absent: everybody's. */
  readonly owners?: readonly string[] | undefined
}

export interface GetEventsQuery extends WithinSight {
  readonly group: string
  readonly stream: string
  /** Inclusive. */
  readonly startTime?: number
  /** Exclusive. */
  readonly endTime?: number
  /** 1 to `limits.logPageEvents`, which is also the default. */
  readonly limit?: number
  /** Default false: the newest page first. */
  readonly startFromHead?: boolean
  readonly nextToken?: string
}

/**
 * Events in ascending time, whatever the direction. The tokens are positions: a token at the end
 * later finds the new events.
 */
export interface EventsPage {
  readonly events: readonly LogEvent[]
  readonly nextForwardToken: string
  readonly nextBackwardToken: string
}

export interface FilterEventsQuery extends WithinSight {
  readonly group: string
  /**
   * Which streams to search: at most one of the two. Neither means the whole group. Names that do
   * not exist refuse the call.
   */
  readonly streams?: readonly string[]
  readonly streamPrefix?: string
  /** Inclusive. */
  readonly startTime?: number
  /** Inclusive, unlike GetLogEvents. */
  readonly endTime?: number
  /** CloudWatch's filter pattern syntax, at most 1024 characters. */
  readonly filterPattern?: string
  readonly limit?: number
  /** Default true. A `nextToken` keeps the direction of the call it came from. */
  readonly startFromHead?: boolean
  readonly nextToken?: string
}

export interface FilteredLogEvent extends LogEvent {
  readonly logStreamName: string
  /** 56 digits, unique in the store, and the same in every answer. */
  readonly eventId: string
}

export interface FilteredEventsPage {
  readonly events: readonly FilteredLogEvent[]
  /** Absent when the search is finished. */
  readonly nextToken?: string
}

export interface DescribeStreamsQuery extends WithinSight {
  readonly group: string
  readonly streamPrefix?: string
  readonly orderBy?: 'LogStreamName' | 'LastEventTime'
  readonly descending?: boolean
  /** 1 to `limits.logDescribePage`, which is also the default. */
  readonly limit?: number
  readonly nextToken?: string
}

export interface StreamFacts {
  readonly group: string
  readonly stream: string
  readonly creationTime: number
  readonly firstEventTimestamp: number
  readonly lastEventTimestamp: number
  readonly lastIngestionTime: number
  /**
   * Size of the stream on disk. CloudWatch has answered 0 since 2019; the edge decides what to
   * show.
   */
  readonly storedBytes: number
  /** The user whose job wrote it, where that is known. */
  readonly owner?: string | undefined
  /** Whether it holds no event. The times above are then that of its creation. */
  readonly isEmpty?: boolean
}

export interface StreamsPage {
  readonly streams: readonly StreamFacts[]
  readonly nextToken?: string
}

export interface DescribeGroupsQuery extends WithinSight {
  /**
   * At most one of prefix and pattern. The pattern is a part of the name, with letters in either
   * case.
   */
  readonly prefix?: string
  readonly pattern?: string
  readonly limit?: number
  readonly nextToken?: string
}

export interface GroupFacts {
  /** Of a group that a request made: how long its events are kept. Absent: for ever. */
  readonly retentionInDays?: number | undefined
  readonly group: string
  readonly creationTime: number
  readonly storedBytes: number
}

export interface GroupsPage {
  readonly groups: readonly GroupFacts[]
  readonly nextToken?: string
}
