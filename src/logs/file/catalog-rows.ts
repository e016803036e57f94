/** The catalogue's tables, and the row of a stream in them. */
import type { StreamFacts } from '../log-store.ts'

/**
 * A stream as recorded: `StreamFacts`, and what the file store needs to trust the file without
 * reading it.
 */
export interface StreamRow extends StreamFacts {
  /**
   * Everything is on disk and `storedBytes` is all of it, so the file can be trusted without
   * reading it.
   */
  readonly sealed: boolean
  /** The last position known to be on disk and to end a record. */
  readonly syncedBytes: number
  /**
   * Set once the stream reached its cap: how many entries were dropped, and the cursor of the last
   * of them.
   */
  readonly droppedEntries: number
  readonly droppedCursor: string | undefined
  /** Whether requests write the stream, and no job. */
  readonly byRequests: boolean
}

export const schema = `
  CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, closed_cleanly INTEGER NOT NULL, boot_id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS groups (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, bytes INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,
    span INTEGER NOT NULL, sealed INTEGER NOT NULL, synced_bytes INTEGER NOT NULL,
    dropped INTEGER NOT NULL, dropped_cursor TEXT, owner TEXT);
  CREATE UNIQUE INDEX IF NOT EXISTS streams_by_name ON streams (group_id, name);
  CREATE INDEX IF NOT EXISTS streams_by_last ON streams (group_id, last_ms, name);
  CREATE INDEX IF NOT EXISTS streams_by_first ON streams (group_id, first_ms);
  CREATE INDEX IF NOT EXISTS streams_by_span ON streams (group_id, span, first_ms);
`

/** Catalogues of earlier versions lack these columns. */
export const addedColumns = {
  owner: 'ALTER TABLE streams ADD COLUMN owner TEXT',
  by_requests: 'ALTER TABLE streams ADD COLUMN by_requests INTEGER NOT NULL DEFAULT 0',
  empty: 'ALTER TABLE streams ADD COLUMN empty INTEGER NOT NULL DEFAULT 0',
}

/** For those who see only some users' streams: their pages cost what these users have. */
export const ownerIndex =
  'CREATE INDEX IF NOT EXISTS streams_by_owner ON streams (owner, group_id, last_ms, name) WHERE owner IS NOT NULL'

/** For what one user has written, and for what a group keeps too long. */
export const byRequestsIndexes = `
  CREATE INDEX IF NOT EXISTS streams_by_requests ON streams (owner, bytes) WHERE by_requests = 1;
  CREATE INDEX IF NOT EXISTS streams_by_requests_in_group ON streams (group_id, last_ms) WHERE by_requests = 1;`

/** `owners` absent: everybody. */
export function isOwnedBy({ owner }: Pick<StreamFacts, 'owner'>, owners: readonly string[] | undefined): boolean {
  return owners === undefined || (owner !== undefined && owners.includes(owner))
}

/** The rows to go through, and what they must meet beside the rest. A condition of its own begins with AND. */
export function rowsOf(owners: readonly string[] | undefined) {
  if (!owners) return { streams: 'streams s', isOwned: '', ownedBy: [] }
  const marks = owners.map(() => '?').join(', ') || 'NULL'
  return { streams: 'streams s INDEXED BY streams_by_owner', isOwned: `AND s.owner IN (${marks})`, ownedBy: owners }
}

/**
 * The columns of a `SqlRow`. The name of the group is not among them: every query knows its group,
 * and a join costs several times what the rest of a small query does.
 */
export const facts = `
  s.name AS stream, s.created_ms AS creationTime, s.first_ms AS firstEventTimestamp, s.last_ms AS lastEventTimestamp,
  s.ingested_ms AS lastIngestionTime, s.bytes AS storedBytes, s.sealed AS sealed, s.synced_bytes AS syncedBytes,
  s.dropped AS droppedEntries, s.dropped_cursor AS droppedCursor, s.owner AS owner,
  s.by_requests AS byRequests, s.empty AS isEmpty`

/**
 * Streams are filed by the length of their life, in powers of two. Those of span k live less than
 * 2^k ms, so those alive at time T began within the 2^k ms before it. A search for "alive at T"
 * therefore reads a few small index ranges and not all streams.
 */
export const spans = 48
export function spanOf(firstMs: number, lastMs: number): number {
  return Math.min(spans - 1, Math.ceil(Math.log2(lastMs - firstMs + 1)))
}

export type SqlRow = Omit<StreamRow, 'group' | 'sealed' | 'droppedCursor' | 'owner' | 'byRequests' | 'isEmpty'> & {
  sealed: number
  byRequests: number
  isEmpty: number
  droppedCursor: string | null
  owner: string | null
}

export function fromSql(group: string, row: SqlRow): StreamRow {
  const { owner, ...rest } = row
  return {
    group,
    ...rest,
    ...(owner === null ? {} : { owner }),
    sealed: row.sealed === 1,
    byRequests: row.byRequests === 1,
    isEmpty: row.isEmpty === 1,
    droppedCursor: row.droppedCursor ?? undefined,
  }
}
