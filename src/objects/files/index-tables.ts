/** The tables of the index, and how a change is written to them. */
import type { Database } from 'better-sqlite3'
import type { IndexChange } from './index-changes.ts'

const indexVersion = 2

const schema = `
  CREATE TABLE bucket (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at INTEGER NOT NULL);
  CREATE TABLE object (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    identity TEXT NOT NULL,
    change_mark TEXT,
    expected INTEGER NOT NULL,
    etag TEXT,
    said TEXT NOT NULL,
    PRIMARY KEY (bucket, key, identity)
  ) WITHOUT ROWID;
  CREATE INDEX expected_object ON object (bucket, key) WHERE expected = 1;
  CREATE TABLE upload (id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, started_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX upload_by_key ON upload (bucket, key, id);
  CREATE TABLE part (upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;
  CREATE TABLE completed (upload TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
`

/** What the second version added. */
const versionsSchema = `
  CREATE TABLE version (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    ord INTEGER NOT NULL,
    tail TEXT NOT NULL,
    marker INTEGER NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (bucket, key, ord DESC)
  ) WITHOUT ROWID;
  CREATE INDEX null_version ON version (bucket, key, ord DESC) WHERE tail = 'null';
  CREATE TABLE known_versions (bucket INTEGER PRIMARY KEY);
`

/** Makes the tables that a file does not have yet. */
export function makeTables(database: Database): void {
  const version = database.pragma('user_version', { simple: true }) as number
  if (version === indexVersion) return
  if (version > indexVersion)
    throw new Error(`the index of objects has version ${version}, and this is version ${indexVersion}`)
  database.transaction(() => {
    if (version < 1) database.exec(schema)
    database.exec(versionsSchema)
    database.pragma(`user_version = ${indexVersion}`)
  })()
}

export class IndexWriter {
  readonly #sql: ReturnType<typeof prepare>

  constructor(database: Database) {
    this.#sql = prepare(database)
  }

  /** Inside a transaction. */
  write(change: IndexChange): void {
    const sql = this.#sql
    switch (change.kind) {
      case 'addBucket': {
        const { id, name, owner, createdAtMs } = change.row
        return void sql.addBucket.run(id, name, owner, createdAtMs)
      }
      case 'removeBucket':
        return this.#removeBucket(change.bucketId)
      case 'expectObject':
      case 'noteObject': {
        const { bucketId, key, identity, changeMark, etag, said } = change.row
        const expected = change.kind === 'expectObject' ? 1 : 0
        return void sql.putObject.run(bucketId, key, identity, changeMark, expected, etag, JSON.stringify(said))
      }
      case 'dropExpected':
        return void sql.dropExpected.run(change.bucketId, change.key, change.identity)
      case 'settleObject':
        sql.settleObject.run(change.changeMark, change.bucketId, change.key, change.identity)
        return this.#removeOthers(change.bucketId, change.key, change.identity)
      case 'forgetObject':
        return this.#removeOthers(change.bucketId, change.key, '')
      case 'markMoved':
        return void sql.markMoved.run(change.changeMark, change.bucketId, change.key, change.identity)
      case 'addVersion':
      case 'removeVersion':
      case 'knowVersions':
        return this.#writeVersion(change)
      default:
        return this.#writeUpload(change)
    }
  }

  #removeOthers(bucketId: number, key: string, identity: string): void {
    this.#sql.removeOthers.run(bucketId, key, identity, bucketId, key)
  }

  #writeVersion(change: Extract<IndexChange, { kind: `${string}${'Version' | 'Versions'}` }>): void {
    const sql = this.#sql
    switch (change.kind) {
      case 'addVersion': {
        const { bucketId, key, order, tail, isDeleteMarker, identity } = change.row
        return void sql.addVersion.run(bucketId, key, order, tail, isDeleteMarker ? 1 : 0, identity)
      }
      case 'removeVersion': {
        const { bucketId, key, order, identity } = change.row
        sql.removeVersion.run(bucketId, key, order)
        return void sql.removeObject.run(bucketId, key, identity, bucketId, key, identity)
      }
      case 'knowVersions':
        return void sql.knowVersions.run(change.bucketId)
    }
  }

  #writeUpload(change: Extract<IndexChange, { kind: `${string}${'Upload' | 'Part' | 'Completed'}` }>): void {
    const sql = this.#sql
    switch (change.kind) {
      case 'addUpload': {
        const { upload, bucketId } = change.row
        return void sql.addUpload.run(
          upload.uploadId,
          bucketId,
          upload.key,
          upload.startedAtMs,
          JSON.stringify(change.row),
        )
      }
      case 'putPart': {
        const { uploadId, file, offset, part } = change.row
        return void sql.putPart.run(uploadId, part.number, file, offset, JSON.stringify(part))
      }
      case 'completeUpload': {
        const { uploadId, bucketId, key, atMs, facts } = change.row
        sql.addCompleted.run(uploadId, bucketId, key, atMs, facts)
        return this.#removeUpload(uploadId)
      }
      case 'removeUpload':
        return this.#removeUpload(change.uploadId)
      case 'forgetCompleted':
        return void sql.forgetCompleted.run(change.beforeMs)
    }
  }

  #removeUpload(uploadId: string): void {
    this.#sql.removeUpload.run(uploadId)
    this.#sql.removeParts.run(uploadId)
  }

  #removeBucket(bucketId: number): void {
    const sql = this.#sql
    sql.removeBucket.run(bucketId)
    sql.removeObjects.run(bucketId)
    sql.removePartsOfBucket.run(bucketId)
    sql.removeUploads.run(bucketId)
    sql.removeCompleted.run(bucketId)
    sql.removeVersions.run(bucketId)
    sql.forgetVersions.run(bucketId)
  }
}

function prepare(database: Database) {
  return {
    addBucket: database.prepare('INSERT INTO bucket (id, name, owner, created_at) VALUES (?, ?, ?, ?)'),
    removeBucket: database.prepare('DELETE FROM bucket WHERE id = ?'),
    removeObjects: database.prepare('DELETE FROM object WHERE bucket = ?'),
    removeUploads: database.prepare('DELETE FROM upload WHERE bucket = ?'),
    removePartsOfBucket: database.prepare('DELETE FROM part WHERE upload IN (SELECT id FROM upload WHERE bucket = ?)'),
    removeCompleted: database.prepare('DELETE FROM completed WHERE bucket = ?'),
    putObject: database.prepare(
      `INSERT OR REPLACE INTO object (bucket, key, identity, change_mark, expected, etag, said)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropExpected: database.prepare('DELETE FROM object WHERE bucket = ? AND key = ? AND identity = ? AND expected = 1'),
    settleObject: database.prepare(
      'UPDATE object SET change_mark = ?, expected = 0 WHERE bucket = ? AND key = ? AND identity = ?',
    ),
    // Rows of files that are about to take the place stay, and those of kept versions.
    removeOthers: database.prepare(
      `DELETE FROM object WHERE bucket = ? AND key = ? AND identity <> ? AND expected = 0
       AND identity NOT IN (SELECT identity FROM version WHERE bucket = ? AND key = ?)`,
    ),
    markMoved: database.prepare('UPDATE object SET change_mark = ? WHERE bucket = ? AND key = ? AND identity = ?'),
    addVersion: database.prepare(
      'INSERT OR REPLACE INTO version (bucket, key, ord, tail, marker, identity) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    removeVersion: database.prepare('DELETE FROM version WHERE bucket = ? AND key = ? AND ord = ?'),
    // The row of a file that is about to take the place stays: it gets another version if its first try failed.
    removeObject: database.prepare(
      `DELETE FROM object WHERE bucket = ? AND key = ? AND identity = ? AND expected = 0
       AND NOT EXISTS (SELECT 1 FROM version WHERE bucket = ? AND key = ? AND identity = ?)`,
    ),
    knowVersions: database.prepare('INSERT OR IGNORE INTO known_versions (bucket) VALUES (?)'),
    removeVersions: database.prepare('DELETE FROM version WHERE bucket = ?'),
    forgetVersions: database.prepare('DELETE FROM known_versions WHERE bucket = ?'),
    addUpload: database.prepare('INSERT INTO upload (id, bucket, key, started_at, body) VALUES (?, ?, ?, ?, ?)'),
    removeUpload: database.prepare('DELETE FROM upload WHERE id = ?'),
    putPart: database.prepare(
      'INSERT OR REPLACE INTO part (upload, number, file, offset, body) VALUES (?, ?, ?, ?, ?)',
    ),
    removeParts: database.prepare('DELETE FROM part WHERE upload = ?'),
    addCompleted: database.prepare(
      'INSERT OR REPLACE INTO completed (upload, bucket, key, at, facts) VALUES (?, ?, ?, ?, ?)',
    ),
    forgetCompleted: database.prepare('DELETE FROM completed WHERE at < ?'),
  }
}
