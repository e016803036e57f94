/** The table of accepted calls. Old calls are forgotten as new ones arrive. */
import type { Database } from 'better-sqlite3'
import type { TimeMs } from '../../model/time.ts'
import type { RecordedCall } from '../store.ts'

export class CallTable {
  readonly #sql: ReturnType<typeof prepare>
  /** How far the clean-up has come in its walk round the table. */
  #lookedUpTo = ''

  constructor(database: Database) {
    this.#sql = prepare(database)
  }

  find(key: string, sinceMs: TimeMs): string | undefined {
    return (this.#sql.find.get(key, sinceMs) as { answer: string } | undefined)?.answer
  }

  /** Inside the transaction of an append. */
  write(calls: readonly RecordedCall[], forgetBeforeMs: TimeMs): void {
    for (const { key, atMs, answer } of calls) this.#sql.insert.run(key, atMs, answer)
    if (calls.length > 0) this.#forget(calls.length * 2 + 16, forgetBeforeMs)
  }

  /**
   * Walks round the table. It examines more calls than arrived, so old ones never pile up and no
   * write waits for a long clean-up.
   */
  #forget(looks: number, beforeMs: TimeMs): void {
    const rows = this.#sql.from.all(this.#lookedUpTo, looks) as { key: string; at: number }[]
    for (const { key, at } of rows) if (at < beforeMs) this.#sql.delete.run(key)
    this.#lookedUpTo = rows.length < looks ? '' : rows.at(-1)!.key
  }
}

function prepare(database: Database) {
  return {
    insert: database.prepare('INSERT OR REPLACE INTO call (key, at, answer) VALUES (?, ?, ?)'),
    find: database.prepare('SELECT answer FROM call WHERE key = ? AND at >= ?'),
    from: database.prepare('SELECT key, at FROM call WHERE key > ? ORDER BY key LIMIT ?'),
    delete: database.prepare('DELETE FROM call WHERE key = ?'),
  }
}
