/**
 * The catalogue of streams. Describe answers from it, and FilterLogEvents learns from it which
 * streams can hold events of a given time. It is a small SQLite database that repeats what the
 * files say. Losing it, or its last second, costs a scan and no log.
 */
import type { GroupFacts } from '../log-store.ts'
import { CatalogDatabase } from './catalog-database.ts'
import { facts, fromSql, isOwnedBy, rowsOf, type SqlRow, type StreamRow, spanOf, spans } from './catalog-rows.ts'

export interface DescribeOrder {
  readonly by: 'name' | 'time'
  readonly descending: boolean
}

/** A page of streams. */
export interface StreamsPage {
  /** Works only with the order by name. */
  readonly prefix: string
  /** Absent: everybody's. */
  readonly owners: readonly string[] | undefined
  readonly order: DescribeOrder
  readonly after?: DescribePlace | undefined
  readonly limit: number
}

/** Streams of a group, from one time on. */
export interface StreamsFrom {
  readonly group: string
  /** Absent: everybody's. */
  readonly owners: readonly string[] | undefined
  readonly timeMs: number
  /** How many streams are wanted. */
  readonly about: number
}

/** The last stream of a page. The next page begins after it. */
export interface DescribePlace {
  readonly stream: string
  readonly lastMs: number
}

export class Catalog {
  readonly #database: CatalogDatabase
  readonly #groupIds = new Map<string, number>()

  /** `bootId` names this run of the machine. */
  constructor(path: string, bootId: string) {
    // A group that an undone transaction added is gone again.
    this.#database = new CatalogDatabase(path, bootId, () => this.#groupIds.clear())
  }

  /** Rows may be missing: the catalogue is new, or the machine went down while it was open. */
  get mayLackStreams(): boolean {
    return this.#database.mayLackRows
  }

  /**
   * Notes that all streams are there again, which ends the warning of `mayLackStreams`. Until this
   * call, a crash leaves the warning.
   */
  declareWhole(bootId: string): void {
    this.#database.declareWhole(bootId)
  }

  close(): void {
    this.#database.close()
  }

  /** Every stream, one row at a time. */
  *everyStream(): Iterable<{ group: string; stream: string }> {
    const sql = 'SELECT g.name AS "group", s.name AS stream FROM streams s JOIN groups g ON g.id = s.group_id'
    yield* this.#database.iterate(sql)
  }

  /** Records all rows in one transaction: each with its present values, whether new or known. */
  record(rows: readonly StreamRow[]): void {
    if (rows.length === 0) return
    this.#database.inTransaction(() => {
      for (const row of rows) this.#recordOne(row)
    })
  }

  #recordOne(row: StreamRow): void {
    const groupId = this.#groupId(row.group) ?? this.#addGroup(row.group, row.creationTime)
    const before = this.#database.get<{ bytes: number }>(
      'SELECT bytes FROM streams WHERE group_id = ? AND name = ?',
      groupId,
      row.stream,
    )
    const values = [
      row.firstEventTimestamp,
      row.lastEventTimestamp,
      row.lastIngestionTime,
      row.storedBytes,
      spanOf(row.firstEventTimestamp, row.lastEventTimestamp),
      row.sealed ? 1 : 0,
      row.syncedBytes,
      row.droppedEntries,
      row.droppedCursor ?? null,
      row.owner ?? null,
      row.byRequests ? 1 : 0,
      row.isEmpty ? 1 : 0,
    ]
    if (before) {
      this.#database.run(
        `UPDATE streams SET first_ms = ?, last_ms = ?, ingested_ms = ?, bytes = ?, span = ?, sealed = ?, synced_bytes = ?, dropped = ?,
         dropped_cursor = ?, owner = ?, by_requests = ?, empty = ? WHERE group_id = ? AND name = ?`,
        ...values,
        groupId,
        row.stream,
      )
    } else {
      this.#database.run(
        `INSERT INTO streams (first_ms, last_ms, ingested_ms, bytes, span, sealed, synced_bytes, dropped, dropped_cursor, owner, by_requests, empty,
         group_id, name, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...values,
        groupId,
        row.stream,
        row.creationTime,
      )
    }
    this.#database.run(
      'UPDATE groups SET bytes = bytes + ?, created_ms = min(created_ms, ?) WHERE id = ?',
      row.storedBytes - (before?.bytes ?? 0),
      row.creationTime,
      groupId,
    )
  }

  remove(streams: readonly { group: string; stream: string }[]): void {
    this.#database.inTransaction(() => {
      for (const { group, stream } of streams) {
        const row = this.find(group, stream)
        if (!row) continue
        const groupId = this.#groupId(group)
        this.#database.run('DELETE FROM streams WHERE group_id = ? AND name = ?', groupId, stream)
        this.#database.run('UPDATE groups SET bytes = bytes - ? WHERE id = ?', row.storedBytes, groupId)
      }
    })
  }

  /** Forgets a group without streams. */
  removeGroup(group: string): void {
    const groupId = this.#groupId(group)
    if (groupId === undefined) return
    this.#database.run('DELETE FROM groups WHERE id = ?', groupId)
    this.#groupIds.delete(group)
  }

  /** Forgets all groups without streams. */
  removeEmptyGroups(): void {
    this.#database.run('DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM streams)')
    this.#groupIds.clear()
  }

  /** How many streams of requests the user has, and their bytes. */
  usedByRequests(owner: string): { readonly streams: number; readonly bytes: number } {
    const sql = `SELECT count(*) AS streams, coalesce(sum(bytes), 0) AS bytes
      FROM streams INDEXED BY streams_by_requests WHERE owner = ? AND by_requests = 1`
    return this.#database.get(sql, owner)!
  }

  /** The streams of requests in a group whose last event is before `beforeMs`, the oldest first. */
  writtenByRequests(group: string, beforeMs: number, limit: number): StreamRow[] {
    const sql = `SELECT ${facts} FROM streams s INDEXED BY streams_by_requests_in_group
      WHERE s.group_id = ? AND s.last_ms < ? AND s.by_requests = 1 ORDER BY s.last_ms LIMIT ?`
    const rows = this.#database.all<SqlRow>(sql, this.#groupId(group) ?? -1, beforeMs, limit)
    return rows.map((row) => fromSql(group, row))
  }

  /** Whether a job wrote into the group. */
  holdsOutput(group: string): boolean {
    const sql = 'SELECT 1 FROM streams s WHERE s.group_id = ? AND s.by_requests = 0 LIMIT 1'
    return this.#database.get(sql, this.#groupId(group) ?? -1) !== undefined
  }

  find(group: string, stream: string, owners?: readonly string[]): StreamRow | undefined {
    const row = this.#database.get<SqlRow>(
      `SELECT ${facts} FROM streams s WHERE s.group_id = ? AND s.name = ?`,
      this.#groupId(group) ?? -1,
      stream,
    )
    const found = row && fromSql(group, row)
    return found && isOwnedBy(found, owners) ? found : undefined
  }

  /** With owners: whether the group holds a stream of theirs. */
  hasGroup(group: string, owners?: readonly string[]): boolean {
    const groupId = this.#groupId(group)
    if (groupId === undefined || !owners) return groupId !== undefined
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const sql = `SELECT 1 FROM ${streams} WHERE s.group_id = ? ${isOwned} LIMIT 1`
    return this.#database.get(sql, groupId, ...ownedBy) !== undefined
  }

  /** Streams in the requested order, starting just after `after`. */
  streams(group: string, { prefix, owners, order, after, limit }: StreamsPage): StreamRow[] {
    const direction = order.descending ? 'DESC' : 'ASC'
    const beyond = order.descending ? '<' : '>'
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const values: unknown[] = [this.#groupId(group) ?? -1, ...ownedBy]
    let where = `s.group_id = ? ${isOwned}`
    if (prefix !== '') {
      where += ' AND s.name >= ? AND s.name < ?'
      values.push(prefix, afterPrefix(prefix))
    }
    if (after && order.by === 'name') {
      where += ` AND s.name ${beyond} ?`
      values.push(after.stream)
    } else if (after) {
      where += ` AND (s.last_ms, s.name) ${beyond} (?, ?)`
      values.push(after.lastMs, after.stream)
    }
    const by = order.by === 'name' ? `s.name ${direction}` : `s.last_ms ${direction}, s.name ${direction}`
    const sql = `SELECT ${facts} FROM ${streams} WHERE ${where} ORDER BY ${by} LIMIT ?`
    return this.#database.all<SqlRow>(sql, ...values, limit).map((row) => fromSql(group, row))
  }

  /** Streams that have an event at `timeMs`, or one event before it and one after. */
  aliveAt(group: string, timeMs: number, owners?: readonly string[]): StreamRow[] {
    const groupId = this.#groupId(group) ?? -1
    if (owners) return this.#ownedAliveAt(group, timeMs, owners)
    const rows: StreamRow[] = []
    for (let span = 0; span < spans; span++) {
      const sql = `SELECT ${facts} FROM streams s
        WHERE s.group_id = ? AND s.span = ? AND s.first_ms > ? AND s.first_ms <= ? AND s.last_ms >= ?`
      const oldest = span === spans - 1 ? -1 : timeMs - 2 ** span
      for (const row of this.#database.all<SqlRow>(sql, groupId, span, oldest, timeMs, timeMs))
        rows.push(fromSql(group, row))
    }
    return rows
  }

  #ownedAliveAt(group: string, timeMs: number, owners: readonly string[]): StreamRow[] {
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const sql = `SELECT ${facts} FROM ${streams}
      WHERE s.group_id = ? ${isOwned} AND s.first_ms <= ? AND s.last_ms >= ?`
    return this.#database
      .all<SqlRow>(sql, this.#groupId(group) ?? -1, ...ownedBy, timeMs, timeMs)
      .map((row) => fromSql(group, row))
  }

  /**
   * The next streams that begin after `timeMs`, about `about` of them, and the time up to which the
   * list is complete.
   */
  beginningAfter({ group, owners, timeMs, about }: StreamsFrom, untilMs: number): Neighbours {
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const of = [this.#groupId(group) ?? -1, ...ownedBy]
    const edge = this.#database.get<{ ms: number }>(
      `SELECT s.first_ms AS ms FROM ${streams} WHERE s.group_id = ? ${isOwned} AND s.first_ms > ?
       ORDER BY s.first_ms LIMIT 1 OFFSET ?`,
      ...of,
      timeMs,
      about - 1,
    )
    const reachedMs = Math.min(edge?.ms ?? untilMs, untilMs)
    const sql = `SELECT ${facts} FROM ${streams}
      WHERE s.group_id = ? ${isOwned} AND s.first_ms > ? AND s.first_ms <= ?`
    return {
      rows: this.#database.all<SqlRow>(sql, ...of, timeMs, reachedMs).map((row) => fromSql(group, row)),
      reachedMs,
    }
  }

  /**
   * The same backwards in time: the streams whose last event is before `timeMs`, the latest first.
   */
  endingBefore({ group, owners, timeMs, about }: StreamsFrom, fromMs: number): Neighbours {
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const of = [this.#groupId(group) ?? -1, ...ownedBy]
    const edge = this.#database.get<{ ms: number }>(
      `SELECT s.last_ms AS ms FROM ${streams} WHERE s.group_id = ? ${isOwned} AND s.last_ms < ?
       ORDER BY s.last_ms DESC LIMIT 1 OFFSET ?`,
      ...of,
      timeMs,
      about - 1,
    )
    const reachedMs = Math.max(edge?.ms ?? fromMs, fromMs)
    const sql = `SELECT ${facts} FROM ${streams}
      WHERE s.group_id = ? ${isOwned} AND s.last_ms < ? AND s.last_ms >= ?`
    return {
      rows: this.#database.all<SqlRow>(sql, ...of, timeMs, reachedMs).map((row) => fromSql(group, row)),
      reachedMs,
    }
  }

  /** Streams of any group whose last event is before `beforeMs`, the oldest of each group first. */
  olderThan(beforeMs: number, limit: number): StreamRow[] {
    const rows: StreamRow[] = []
    const sql = `SELECT ${facts} FROM streams s
      WHERE s.group_id = ? AND s.last_ms < ? ORDER BY s.last_ms, s.name LIMIT ?`
    for (const { id, name } of this.#database.all<{ id: number; name: string }>('SELECT id, name FROM groups')) {
      if (rows.length >= limit) break
      const found = this.#database.all<SqlRow>(sql, id, beforeMs, limit - rows.length)
      for (const row of found) rows.push(fromSql(name, row))
    }
    return rows
  }

  /**
   * Groups by name, starting just after `after`. All of them: there are only as many as definitions
   * name. With owners: the groups of their streams, and what these take.
   */
  groups(after: string, owners?: readonly string[]): GroupFacts[] {
    if (owners) return this.#ownedGroups(after, owners)
    const sql =
      'SELECT name AS "group", created_ms AS creationTime, bytes AS storedBytes FROM groups WHERE name > ? ORDER BY name'
    return this.#database.all<GroupFacts>(sql, after)
  }

  #ownedGroups(after: string, owners: readonly string[]): GroupFacts[] {
    const { streams, isOwned, ownedBy } = rowsOf(owners)
    const sql = `SELECT g.name AS "group", min(s.created_ms) AS creationTime, sum(s.bytes) AS storedBytes
      FROM ${streams} JOIN groups g ON g.id = s.group_id WHERE g.name > ? ${isOwned} GROUP BY g.id ORDER BY g.name`
    return this.#database.all<GroupFacts>(sql, after, ...ownedBy)
  }

  #groupId(name: string): number | undefined {
    const known = this.#groupIds.get(name)
    if (known !== undefined) return known
    const id = this.#database.get<{ id: number }>('SELECT id FROM groups WHERE name = ?', name)?.id
    if (id !== undefined) this.#groupIds.set(name, id)
    return id
  }

  #addGroup(name: string, createdMs: number): number {
    this.#database.run('INSERT INTO groups (name, created_ms, bytes) VALUES (?, ?, 0)', name, createdMs)
    return this.#database.get<{ id: number }>('SELECT id FROM groups WHERE name = ?', name)!.id
  }
}

/** All streams of a stretch of time, from the requested time to `reachedMs`, which is included. */
export interface Neighbours {
  readonly rows: readonly StreamRow[]
  readonly reachedMs: number
}

/** Returns the first string after all that begin with `prefix`, in SQLite's byte order. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`
}
