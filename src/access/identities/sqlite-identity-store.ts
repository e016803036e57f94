/**
 * The identity store in a SQLite file of its own (docs/develop/decisions/identities.md). All of it
 * is read into memory, and read again when another process wrote.
 */
import { statSync } from 'node:fs'
import Database, { type Statement } from 'better-sqlite3'
import { makePrivateFile } from '../../ground/private-file.ts'
import type { Decision } from './decision.ts'
import type { Change, IdentityRecord, LastUse } from './entities.ts'
import type { IamRefusal } from './iam-refusal.ts'
import { Identities } from './identities.ts'
import { IdentitiesFault } from './identities-fault.ts'
import type { IdentityStore } from './identity-store.ts'

/** Never change a step that was released: add one. `user_version` counts the steps taken. */
const steps: readonly string[] = [
  `
  -- In the order in which the records were made.
  CREATE TABLE identity (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, id)
  );
  CREATE TABLE last_use (
    access_key_id TEXT PRIMARY KEY, at INTEGER NOT NULL, service TEXT NOT NULL, region TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
]

/** How long a change waits for another process's change. */
const changeWaitMs = 5000
/** A use is recorded later if another process is writing. The server answers nobody while it waits. */
const lastUseWaitMs = 0

export class SqliteIdentityStore implements IdentityStore {
  readonly #path: string
  #connection: Connection | undefined

  /** Makes the file with mode 0600 if it is missing. Throws `IdentitiesFault`. */
  constructor(path: string) {
    this.#path = path
    this.#use(() => {}, makePrivateFile)
  }

  current(): Identities {
    return this.#use((connection) => connection.current())
  }

  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal {
    return this.#use((connection) => connection.change(decide))
  }

  begin(records: readonly IdentityRecord[], setting: { readonly key: string; readonly value: string }): boolean {
    return this.#use((connection) => connection.begin(records, setting))
  }

  setting(key: string): string | undefined {
    return this.#use((connection) => connection.setting(key))
  }

  lastUse(accessKeyId: string): LastUse | undefined {
    return this.#use((connection) => connection.lastUse(accessKeyId))
  }

  recordLastUses(uses: readonly LastUse[]): void {
    this.#use((connection) => connection.recordLastUses(uses))
  }

  close(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  /** A failed disk leaves dead descriptors, so the file is opened again before its next use. */
  #use<T>(work: (connection: Connection) => T, beforeOpening = mustHoldSomething): T {
    try {
      if (!this.#connection) {
        beforeOpening(this.#path)
        this.#connection = new Connection(this.#path)
      }
      return work(this.#connection)
    } catch (error) {
      if (!isFault(error)) throw error
      if (error.code !== 'SQLITE_FULL' && error.code !== 'SQLITE_BUSY') this.#forget()
      throw new IdentitiesFault(`the identities file ${this.#path} cannot be used: ${error.message}`, { cause: error })
    }
  }

  #forget(): void {
    try {
      this.close()
    } catch {
      // The disk of this connection is gone.
    }
    this.#connection = undefined
  }
}

/** SQLite would take an empty file for a new store without users. */
function mustHoldSomething(path: string): void {
  if (statSync(path).size === 0) throw new IdentitiesFault(`the identities file ${path} is empty`)
}

/** Whether SQLite or the system failed. Any other error is a bug. */
function isFault(error: unknown): error is Error & { code: string } {
  return error instanceof Database.SqliteError || typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

/** One opening of the file. */
class Connection {
  readonly #database: Database.Database
  readonly #dataVersion: Statement
  readonly #put: Statement
  readonly #remove: Statement
  #known: Identities
  /** Changes whenever another connection wrote. */
  #version: unknown

  constructor(path: string) {
    this.#database = new Database(path, { timeout: changeWaitMs, fileMustExist: true })
    try {
      this.#database.pragma('journal_mode = WAL')
      this.#database.pragma('synchronous = FULL')
      migrate(this.#database)
      this.#dataVersion = this.#database.prepare('PRAGMA data_version').pluck()
      this.#put = this.#database.prepare(
        'INSERT INTO identity (kind, id, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
      )
      this.#remove = this.#database.prepare('DELETE FROM identity WHERE kind = ? AND id = ?')
      this.#version = this.#dataVersion.get()
      this.#known = this.#read()
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  current(): Identities {
    const version = this.#dataVersion.get()
    if (version === this.#version) return this.#known
    // If another process writes in between, the version is too old and the next look reads again.
    this.#known = this.#read()
    this.#version = version
    return this.#known
  }

  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal {
    const { decision, next } = this.#write(() => {
      const known = this.current()
      const decision = decide(known)
      if (decision.kind === 'refusal') return { decision, next: known }
      for (const change of decision.changes) this.#apply(change)
      return { decision, next: decision.changes.length === 0 ? known : known.after(decision.changes) }
    })
    this.#known = next
    return decision.kind === 'refusal' ? decision : decision.answer
  }

  begin(records: readonly IdentityRecord[], { key, value }: { readonly key: string; readonly value: string }): boolean {
    const next = this.#write(() => {
      if (this.setting(key) !== undefined) return undefined
      const known = this.current()
      const changes = records.map((record) => ({ kind: 'put', record }) as const)
      for (const change of changes) this.#apply(change)
      this.#database.prepare('INSERT INTO setting (key, value) VALUES (?, ?)').run(key, value)
      return known.after(changes)
    })
    if (next) this.#known = next
    return next !== undefined
  }

  setting(key: string): string | undefined {
    return this.#database.prepare('SELECT value FROM setting WHERE key = ?').pluck().get(key) as string | undefined
  }

  lastUse(accessKeyId: string): LastUse | undefined {
    return this.#database
      .prepare('SELECT access_key_id AS accessKeyId, at AS atMs, service, region FROM last_use WHERE access_key_id = ?')
      .get(accessKeyId) as LastUse | undefined
  }

  recordLastUses(uses: readonly LastUse[]): void {
    const insert = this.#database.prepare(`
      INSERT INTO last_use (access_key_id, at, service, region)
        SELECT @accessKeyId, @atMs, @service, @region
        WHERE EXISTS (SELECT 1 FROM identity WHERE kind = 'accessKey' AND id = @accessKeyId)
      ON CONFLICT DO UPDATE SET at = excluded.at, service = excluded.service, region = excluded.region
        WHERE excluded.at >= at`)
    this.#database.pragma(`busy_timeout = ${lastUseWaitMs}`)
    try {
      this.#write(() => {
        for (const use of uses) insert.run(use)
      })
    } finally {
      this.#database.pragma(`busy_timeout = ${changeWaitMs}`)
    }
  }

  close(): void {
    this.#database.close()
  }

  #apply(change: Change): void {
    if (change.kind === 'put') {
      this.#put.run(change.record.kind, change.record.id, JSON.stringify(change.record))
      return
    }
    this.#remove.run(change.of, change.id)
    if (change.of === 'accessKey') this.#database.prepare('DELETE FROM last_use WHERE access_key_id = ?').run(change.id)
  }

  #read(): Identities {
    const bodies = this.#database.prepare('SELECT body FROM identity ORDER BY seq').pluck().all() as string[]
    return new Identities(bodies.map((body) => JSON.parse(body) as IdentityRecord))
  }

  /**
   * Copies each commit from the log into the file at once. Changes are rare, and a file without its
   * log would let in a user who was disabled last.
   */
  #write<T>(work: () => T): T {
    const result = this.#database.transaction(work).immediate()
    try {
      this.#database.pragma('wal_checkpoint(PASSIVE)')
    } catch {
      // The commit is on disk, in the log. The next write tries again and reports the fault.
    }
    return result
  }
}

function migrate(database: Database.Database): void {
  const version = () => database.pragma('user_version', { simple: true }) as number
  if (version() > steps.length) {
    throw new IdentitiesFault(
      `${database.name} was written by a newer openbatch (schema ${version()}; this one knows ${steps.length}).`,
    )
  }
  if (version() === steps.length) return
  database
    .transaction(() => {
      // Another process may have been quicker.
      for (const step of steps.slice(version())) database.exec(step)
      database.pragma(`user_version = ${steps.length}`)
    })
    .immediate()
}
