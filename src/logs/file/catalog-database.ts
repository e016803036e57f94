/**
 * The database of the catalogue. It caches statements by their text, notes whether it was closed in
 * order, and opens a new connection after a disk failed.
 */
import Database from 'better-sqlite3'
import { addedColumns, byRequestsIndexes, ownerIndex, schema } from './catalog-rows.ts'

export class CatalogDatabase {
  /** Rows may be missing: the database is new, or the machine went down while it was open. */
  readonly mayLackRows: boolean
  readonly #path: string
  readonly #onUndone: () => void
  #db: Database.Database
  /** The disk failed. A file descriptor stays unusable even when the disk is back. */
  #isStale = false
  readonly #statements = new Map<string, Database.Statement>()

  /**
   * `bootId` names this run of the machine: a commit is lost only when the machine goes down, not
   * the process. `onUndone` is called when written rows may be gone again.
   */
  constructor(path: string, bootId: string, onUndone: () => void) {
    this.#path = path
    this.#onUndone = onUndone
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec(schema)
    const columns = this.#db.pragma('table_info(streams)') as { name: string }[]
    for (const [added, sql] of Object.entries(addedColumns))
      if (!columns.some(({ name }) => name === added)) this.#db.exec(sql)
    this.#db.exec(ownerIndex)
    this.#db.exec(byRequestsIndexes)
    const before = this.get<{ clean: number; bootId: string }>(
      'SELECT closed_cleanly AS clean, boot_id AS bootId FROM meta',
    )
    this.mayLackRows = !before || (before.clean === 0 && (before.bootId === '' || before.bootId !== bootId))
    const bootIdNow = this.mayLackRows ? '' : bootId
    this.run(
      'INSERT INTO meta VALUES (1, 1, 0, ?) ON CONFLICT (id) DO UPDATE SET closed_cleanly = 0, boot_id = excluded.boot_id',
      bootIdNow,
    )
    // The note that the catalogue is open must be on disk before a power loss can undo anything.
    // From here on a power loss may undo the last commits. The log files are synced and still have
    // everything.
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
    this.#db.pragma('synchronous = NORMAL')
  }

  /**
   * Notes that all rows are there again. Until this call, a crash leaves the warning of
   * `mayLackRows`.
   */
  declareWhole(bootId: string): void {
    this.run('UPDATE meta SET boot_id = ?', bootId)
  }

  /**
   * If the disk does not answer, the database stays marked as open, and the next start makes it
   * whole.
   */
  close(): void {
    try {
      this.run('UPDATE meta SET closed_cleanly = 1')
    } catch (error) {
      if (!this.#isStale) throw error
    } finally {
      this.#db.close()
    }
  }

  run(sql: string, ...values: unknown[]): void {
    this.#onDisk(() => this.#prepared(sql).run(...values))
  }

  get<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#onDisk(() => this.#prepared(sql).get(...values)) as T | undefined
  }

  all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#onDisk(() => this.#prepared(sql).all(...values)) as T[]
  }

  /** Returns the rows one at a time. */
  iterate<T>(sql: string): IterableIterator<T> {
    return this.#prepared(sql).iterate() as IterableIterator<T>
  }

  inTransaction(work: () => void): void {
    try {
      this.#onDisk(() => this.#db.transaction(work)())
    } catch (error) {
      this.#onUndone()
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

  /** Commits that were not synchronised may be lost, so the next start reads the files. */
  #reopen(): void {
    const db = new Database(this.#path, { fileMustExist: true })
    db.pragma('synchronous = NORMAL')
    db.exec(`UPDATE meta SET boot_id = ''`)
    this.#statements.clear()
    this.#onUndone()
    const before = this.#db
    this.#db = db
    this.#isStale = false
    try {
      before.close()
    } catch {
      // The disk of this connection is gone.
    }
  }
}
