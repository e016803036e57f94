/**
 * The catalogue of streams: what Describe answers from, and where FilterLogEvents learns which streams can hold events of
 * a time. A small SQLite database that repeats what the files say: losing it, or its last second, costs a scan and no log.
 */
import Database from 'better-sqlite3'
import type { GroupFacts } from '../log-store.ts'
import { facts, fromSql, type SqlRow, type StreamRow, schema, spanOf, spans } from './catalog-rows.ts'

export interface DescribeOrder {
  readonly by: 'name' | 'time'
  readonly descending: boolean
}

/** The last stream of a page: where the next one begins. */
export interface DescribePlace {
  readonly stream: string
  readonly lastMs: number
}

export class Catalog {
  /** Rows may be missing: the catalogue is new, or the machine went down while it was open. */
  readonly mayLackStreams: boolean
  readonly #path: string
  #db: Database.Database
  /** The disk failed: a descriptor is dead also when the disk is back. */
  #isStale = false
  readonly #statements = new Map<string, Database.Statement>()
  readonly #groupIds = new Map<string, number>()

  /** `bootId` names this run of the machine; a commit is lost only when the machine goes down, not the process. */
  constructor(path: string, bootId: string) {
    this.#path = path
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec(schema)
    const before = this.#get<{ clean: number; bootId: string }>(
      'SELECT closed_cleanly AS clean, boot_id AS bootId FROM meta',
    )
    this.mayLackStreams = !before || (before.clean === 0 && (before.bootId === '' || before.bootId !== bootId))
    const bootIdNow = this.mayLackStreams ? '' : bootId
    this.#run(
      'INSERT INTO meta VALUES (1, 1, 0, ?) ON CONFLICT (id) DO UPDATE SET closed_cleanly = 0, boot_id = excluded.boot_id',
      bootIdNow,
    )
    // That the catalogue is open must be on disk before anything is that a power loss may take from it. From here on it may
    // undo the last commits; the files, which are synced, still have it all.
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
    this.#db.pragma('synchronous = NORMAL')
  }

  /** The streams are all there again: what `mayLackStreams` warned of is over. Until then a crash leaves the warning. */
  declareWhole(bootId: string): void {
    this.#run('UPDATE meta SET boot_id = ?', bootId)
  }

  /** Every stream there is, a row at a time. */
  *everyStream(): Iterable<{ group: string; stream: string }> {
    const sql = 'SELECT g.name AS "group", s.name AS stream FROM streams s JOIN groups g ON g.id = s.group_id'
    yield* this.#prepared(sql).iterate() as IterableIterator<{ group: string; stream: string }>
  }

  /** On a disk that does not answer it stays marked as open, and is made whole at the next start. */
  close(): void {
    try {
      this.#run('UPDATE meta SET closed_cleanly = 1')
    } catch (error) {
      if (!this.#isStale) throw error
    } finally {
      this.#db.close()
    }
  }

  /** Records all of them in one transaction: each as it is now, whether new or known. */
  record(rows: readonly StreamRow[]): void {
    if (rows.length === 0) return
    this.#inTransaction(() => {
      for (const row of rows) this.#recordOne(row)
    })
  }

  #recordOne(row: StreamRow): void {
    const groupId = this.#groupId(row.group) ?? this.#addGroup(row.group, row.creationTime)
    const before = this.#get<{ bytes: number }>(
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
    ]
    if (before) {
      this.#run(
        `UPDATE streams SET first_ms = ?, last_ms = ?, ingested_ms = ?, bytes = ?, span = ?, sealed = ?, synced_bytes = ?, dropped = ?,
         dropped_cursor = ? WHERE group_id = ? AND name = ?`,
        ...values,
        groupId,
        row.stream,
      )
    } else {
      this.#run(
        `INSERT INTO streams (first_ms, last_ms, ingested_ms, bytes, span, sealed, synced_bytes, dropped, dropped_cursor, group_id, name,
         created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...values,
        groupId,
        row.stream,
        row.creationTime,
      )
    }
    this.#run(
      'UPDATE groups SET bytes = bytes + ?, created_ms = min(created_ms, ?) WHERE id = ?',
      row.storedBytes - (before?.bytes ?? 0),
      row.creationTime,
      groupId,
    )
  }

  remove(streams: readonly { group: string; stream: string }[]): void {
    this.#inTransaction(() => {
      for (const { group, stream } of streams) {
        const row = this.find(group, stream)
        if (!row) continue
        const groupId = this.#groupId(group)
        this.#run('DELETE FROM streams WHERE group_id = ? AND name = ?', groupId, stream)
        this.#run('UPDATE groups SET bytes = bytes - ? WHERE id = ?', row.storedBytes, groupId)
      }
    })
  }

  find(group: string, stream: string): StreamRow | undefined {
    const row = this.#get<SqlRow>(
      `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id WHERE s.group_id = ? AND s.name = ?`,
      this.#groupId(group) ?? -1,
      stream,
    )
    return row && fromSql(row)
  }

  hasGroup(group: string): boolean {
    return this.#groupId(group) !== undefined
  }

  /** Streams in the order asked for, from just after `after`; `prefix` only with the order by name. */
  streams(
    group: string,
    prefix: string,
    order: DescribeOrder,
    after: DescribePlace | undefined,
    limit: number,
  ): StreamRow[] {
    const direction = order.descending ? 'DESC' : 'ASC'
    const beyond = order.descending ? '<' : '>'
    const values: unknown[] = [this.#groupId(group) ?? -1]
    let where = 's.group_id = ?'
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
    const sql = `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id WHERE ${where} ORDER BY ${by} LIMIT ?`
    return this.#all<SqlRow>(sql, ...values, limit).map(fromSql)
  }

  /** Streams with an event at `timeMs`, or one before and one after it. */
  aliveAt(group: string, timeMs: number): StreamRow[] {
    const groupId = this.#groupId(group) ?? -1
    const rows: StreamRow[] = []
    for (let span = 0; span < spans; span++) {
      const sql = `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id
        WHERE s.group_id = ? AND s.span = ? AND s.first_ms > ? AND s.first_ms <= ? AND s.last_ms >= ?`
      const oldest = span === spans - 1 ? -1 : timeMs - 2 ** span
      for (const row of this.#all<SqlRow>(sql, groupId, span, oldest, timeMs, timeMs)) rows.push(fromSql(row))
    }
    return rows
  }

  /** The next streams to begin after `timeMs`, about `about` of them, and up to which time these are all. */
  beginningAfter(group: string, timeMs: number, untilMs: number, about: number): Neighbours {
    const groupId = this.#groupId(group) ?? -1
    const edge = this.#get<{ ms: number }>(
      'SELECT first_ms AS ms FROM streams WHERE group_id = ? AND first_ms > ? ORDER BY first_ms LIMIT 1 OFFSET ?',
      groupId,
      timeMs,
      about - 1,
    )
    const reachedMs = Math.min(edge?.ms ?? untilMs, untilMs)
    const sql = `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id WHERE s.group_id = ? AND s.first_ms > ? AND s.first_ms <= ?`
    return { rows: this.#all<SqlRow>(sql, groupId, timeMs, reachedMs).map(fromSql), reachedMs }
  }

  /** The same backwards in time: the streams whose last event is before `timeMs`, the latest of them. */
  endingBefore(group: string, timeMs: number, fromMs: number, about: number): Neighbours {
    const groupId = this.#groupId(group) ?? -1
    const edge = this.#get<{ ms: number }>(
      'SELECT last_ms AS ms FROM streams WHERE group_id = ? AND last_ms < ? ORDER BY last_ms DESC LIMIT 1 OFFSET ?',
      groupId,
      timeMs,
      about - 1,
    )
    const reachedMs = Math.max(edge?.ms ?? fromMs, fromMs)
    const sql = `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id WHERE s.group_id = ? AND s.last_ms < ? AND s.last_ms >= ?`
    return { rows: this.#all<SqlRow>(sql, groupId, timeMs, reachedMs).map(fromSql), reachedMs }
  }

  /** Streams of any group whose last event is before `beforeMs`, the oldest of each group first. */
  olderThan(beforeMs: number, limit: number): StreamRow[] {
    const rows: StreamRow[] = []
    const sql = `SELECT ${facts} FROM streams s JOIN groups g ON g.id = s.group_id
      WHERE s.group_id = ? AND s.last_ms < ? ORDER BY s.last_ms, s.name LIMIT ?`
    for (const { id } of this.#all<{ id: number }>('SELECT id FROM groups')) {
      if (rows.length >= limit) break
      rows.push(...this.#all<SqlRow>(sql, id, beforeMs, limit - rows.length).map(fromSql))
    }
    return rows
  }

  /** Groups by name, from just after `after`. All of them: there are as many as definitions name. */
  groups(after: string): GroupFacts[] {
    const sql =
      'SELECT name AS "group", created_ms AS creationTime, bytes AS storedBytes FROM groups WHERE name > ? ORDER BY name'
    return this.#all<GroupFacts>(sql, after)
  }

  #groupId(name: string): number | undefined {
    const known = this.#groupIds.get(name)
    if (known !== undefined) return known
    const id = this.#get<{ id: number }>('SELECT id FROM groups WHERE name = ?', name)?.id
    if (id !== undefined) this.#groupIds.set(name, id)
    return id
  }

  #addGroup(name: string, createdMs: number): number {
    this.#run('INSERT INTO groups (name, created_ms, bytes) VALUES (?, ?, 0)', name, createdMs)
    return this.#get<{ id: number }>('SELECT id FROM groups WHERE name = ?', name)!.id
  }

  #inTransaction(work: () => void): void {
    try {
      this.#onDisk(() => this.#db.transaction(work)())
    } catch (error) {
      // A group this transaction added is gone again.
      this.#groupIds.clear()
      throw error
    }
  }

  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #run(sql: string, ...values: unknown[]): void {
    this.#onDisk(() => this.#prepared(sql).run(...values))
  }

  #get<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#onDisk(() => this.#prepared(sql).get(...values)) as T | undefined
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#onDisk(() => this.#prepared(sql).all(...values)) as T[]
  }

  #onDisk<T>(work: () => T): T {
    if (this.#isStale && !this.#db.inTransaction) this.#reopen()
    try {
      return work()
    } catch (error) {
      const { code } = error as { code?: unknown }
      this.#isStale ||= typeof code === 'string' && /^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code)
      throw error
    }
  }

  /** What was not synchronised may be lost, so the next start looks at the files. */
  #reopen(): void {
    const db = new Database(this.#path, { fileMustExist: true })
    db.pragma('synchronous = NORMAL')
    db.exec(`UPDATE meta SET boot_id = ''`)
    this.#statements.clear()
    this.#groupIds.clear()
    const before = this.#db
    this.#db = db
    this.#isStale = false
    try {
      before.close()
    } catch {
      // Its disk is gone.
    }
  }
}

/** All streams of a stretch of time, from the time asked for to `reachedMs`, this one included. */
export interface Neighbours {
  readonly rows: readonly StreamRow[]
  readonly reachedMs: number
}

/** The first string after all that begin with `prefix`, in SQLite's order of bytes. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`
}
