/** What the index knows of versions. Each answer is bounded: a key may have any number of them. */
import type { Database } from 'better-sqlite3'
import type { VersionRow } from './index-changes.ts'

/** Behind all orders. */
const newest = Number.MAX_SAFE_INTEGER

interface RawVersion {
  readonly key: string
  readonly order: number
  readonly tail: string
  readonly marker: number
  readonly identity: string
}

export class VersionIndex {
  readonly #sql: ReturnType<typeof prepare>

  constructor(database: Database) {
    this.#sql = prepare(database)
  }

  /** Whether the index has all versions of a bucket: it may have been lost. */
  isKnown(bucketId: number): boolean {
    return this.#sql.isKnown.get(bucketId) !== undefined
  }

  /** From the newest on, of those that are older than `below`. */
  ofKey(bucketId: number, key: string, limit: number, below = newest): VersionRow[] {
    return rows(bucketId, this.#sql.ofKey.all(bucketId, key, below, limit))
  }

  /** Of all keys behind one, in their order. */
  behindKey(bucketId: number, key: string, limit: number): VersionRow[] {
    return rows(bucketId, this.#sql.behindKey.all(bucketId, key, limit))
  }

  at(bucketId: number, key: string, order: number): VersionRow | undefined {
    return rows(bucketId, this.#sql.at.all(bucketId, key, order))[0]
  }

  /** The null versions of a key, from the newest on. All behind the first whose file is there are void. */
  nulls(bucketId: number, key: string): VersionRow[] {
    return rows(bucketId, this.#sql.nulls.all(bucketId, key))
  }

  /** The next newer one. */
  above(bucketId: number, key: string, order: number): VersionRow | undefined {
    return rows(bucketId, this.#sql.above.all(bucketId, key, order))[0]
  }

  /** The newest version whose file has the inode of this identity. */
  sameFile(bucketId: number, key: string, identity: string): VersionRow | undefined {
    const first = identity.slice(0, identity.indexOf('.') + 1)
    return rows(bucketId, this.#sql.between.all(bucketId, key, first, `${first}~`))[0]
  }
}

function rows(bucketId: number, raw: unknown[]): VersionRow[] {
  return (raw as RawVersion[]).map(({ marker, ...row }) => ({ bucketId, ...row, isDeleteMarker: marker === 1 }))
}

function prepare(database: Database) {
  const select = 'SELECT key, ord AS "order", tail, marker, identity FROM version WHERE bucket = ? AND'
  return {
    isKnown: database.prepare('SELECT 1 FROM known_versions WHERE bucket = ?'),
    ofKey: database.prepare(`${select} key = ? AND ord < ? ORDER BY ord DESC LIMIT ?`),
    behindKey: database.prepare(`${select} key > ? ORDER BY key, ord DESC LIMIT ?`),
    at: database.prepare(`${select} key = ? AND ord = ?`),
    above: database.prepare(`${select} key = ? AND ord > ? ORDER BY ord LIMIT 1`),
    nulls: database.prepare(`${select} key = ? AND tail = 'null' ORDER BY ord DESC LIMIT 1000`),
    between: database.prepare(`${select} key = ? AND identity > ? AND identity < ? ORDER BY ord DESC LIMIT 1`),
  }
}
