/**
 * The outbox on SQLite. An entry's key is the number of its last event, so entries after a position
 * are found by the key.
 */
import type { Database } from 'better-sqlite3'
import { eventsIn, type Outbox, type OutboxEntry, type StoredOutboxEntry } from '../outbox.ts'

interface EntryRow {
  readonly seq: number
  readonly children: string | null
  readonly body: string
}

/** Runs `work`, and turns an error of the disk into a `StoreFailure`. */
export type OrFail = <T>(how: 'read' | 'written', work: () => T) => T

export class SqliteOutbox implements Outbox {
  #sql!: ReturnType<typeof prepare>
  #settle!: (positions: ReadonlyMap<string, number>, limit: number) => number
  readonly #orFail: OrFail
  #lastSeq!: number

  constructor(database: Database, orFail: OrFail) {
    this.#orFail = orFail
    this.bind(database)
  }

  /** Continues with a new opening of the same file. */
  bind(database: Database): void {
    this.#sql = prepare(database)
    this.#settle = database.transaction((positions: ReadonlyMap<string, number>, limit: number) =>
      this.#writePositions(positions, limit),
    ).immediate
    this.#lastSeq = (this.#sql.lastSeq.get() as { seq: number }).seq
  }

  /**
   * Inside the transaction of an append. Returns the number to give to `committed` when that has
   * succeeded.
   */
  write(entries: readonly OutboxEntry[]): number {
    let seq = this.#lastSeq
    for (const entry of entries) {
      seq += eventsIn(entry)
      this.#sql.insert.run(seq, entry.children ? JSON.stringify(entry.children) : null, entry.body)
    }
    return seq
  }

  committed(lastSeq: number): void {
    this.#lastSeq = lastSeq
  }

  lastSeq(): number {
    return this.#lastSeq
  }

  positions(): Map<string, number> {
    const rows = this.#orFail('read', () => this.#sql.positions.all()) as { sink: string; seq: number }[]
    return new Map(rows.map(({ sink, seq }) => [sink, seq]))
  }

  read(afterSeq: number, limit: number): StoredOutboxEntry[] {
    const rows = this.#orFail('read', () => this.#sql.read.all(afterSeq, limit)) as EntryRow[]
    return rows.map(({ seq, children, body }) => {
      const entry: OutboxEntry = { body, ...(children === null ? {} : { children: JSON.parse(children) as number[] }) }
      return { ...entry, firstSeq: seq - eventsIn(entry) + 1 }
    })
  }

  settle(positions: ReadonlyMap<string, number>, limit: number): number {
    return this.#orFail('written', () => this.#settle(positions, limit))
  }

  #writePositions(positions: ReadonlyMap<string, number>, limit: number): number {
    for (const sink of this.positions().keys()) if (!positions.has(sink)) this.#sql.forget.run(sink)
    for (const [sink, seq] of positions) this.#sql.put.run(sink, seq)
    const upTo = positions.size > 0 ? Math.min(...positions.values()) : Number.MAX_SAFE_INTEGER
    return this.#sql.remove.run(upTo, limit).changes
  }
}

function prepare(database: Database) {
  return {
    insert: database.prepare('INSERT INTO outbox (seq, children, body) VALUES (?, ?, ?)'),
    read: database.prepare('SELECT seq, children, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?'),
    remove: database.prepare(
      'DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?)',
    ),
    lastSeq: database.prepare(
      `SELECT max(coalesce((SELECT max(seq) FROM outbox), 0), coalesce((SELECT max(seq) FROM outbox_position), 0)) AS seq`,
    ),
    positions: database.prepare('SELECT sink, seq FROM outbox_position'),
    put: database.prepare('INSERT OR REPLACE INTO outbox_position (sink, seq) VALUES (?, ?)'),
    forget: database.prepare('DELETE FROM outbox_position WHERE sink = ?'),
  }
}
