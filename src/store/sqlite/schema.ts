/**
 * The tables, and the steps that bring an older data directory up to date. `user_version` counts
 * the steps taken.
 */
import type { Database } from 'better-sqlite3'

/** Never change a released step: add one. */
const steps: readonly string[] = [
  `
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE job_definition (
    name TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (name, revision)
  ) WITHOUT ROWID;
  CREATE TABLE job_queue (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE compute_environment (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

  -- seq is the order of submission. spec is written once and is NULL for array children, who share their parent's.
  CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    parent_id TEXT,
    array_index INTEGER,
    job_queue TEXT NOT NULL,
    job_name TEXT NOT NULL,
    job_definition TEXT NOT NULL,
    share_identifier TEXT,
    created_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    live INTEGER NOT NULL,
    child INTEGER NOT NULL,
    spec TEXT,
    tags TEXT,
    progress TEXT NOT NULL
  );
  -- A submission touches one index beside its id's: the filters of ListJobs are indexed when a job has ended, and answered from memory until then.
  CREATE INDEX job_by_status ON job (status, job_queue, child, seq);
  CREATE INDEX job_by_name ON job (job_queue, job_name, seq) WHERE live = 0 AND child = 0;
  CREATE INDEX job_by_definition ON job (job_queue, job_definition, seq) WHERE live = 0 AND child = 0;
  CREATE INDEX job_by_age ON job (job_queue, seq) WHERE live = 0 AND child = 0;
  CREATE INDEX job_children ON job (parent_id, array_index) WHERE parent_id IS NOT NULL;

  -- Answers of accepted calls, in one tree: keys come in no order, and each tree would cost a page of its own.
  CREATE TABLE call (key TEXT PRIMARY KEY, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE share_use (
    job_queue TEXT NOT NULL, share_identifier TEXT NOT NULL, average REAL NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (job_queue, share_identifier)
  ) WITHOUT ROWID;
  -- Scheduling policies, consumable resources, service environments, quota shares.
  CREATE TABLE resource (
    kind TEXT NOT NULL, arn TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, arn)
  ) WITHOUT ROWID;

  -- Events that wait for a sink: seq is the number of the last event of an entry. And how far each sink is.
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY, children TEXT, body TEXT NOT NULL);
  CREATE TABLE outbox_position (sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

  -- Which consumable resources a job needed, written when it has ended and gone with it. Array children are not here.
  CREATE TABLE ended_need (
    seq INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    consumable TEXT NOT NULL, status INTEGER NOT NULL, job_name TEXT NOT NULL,
    PRIMARY KEY (seq, consumable)
  ) WITHOUT ROWID;
  CREATE INDEX ended_need_by_age ON ended_need (consumable, seq);
  CREATE INDEX ended_need_by_status ON ended_need (consumable, status, seq);
  CREATE INDEX ended_need_by_name ON ended_need (consumable, job_name, seq);
  `,
  `
  -- Definitions are read one by one: any number of revisions may be kept. Bodies stay out of the indexes that lists go by.
  ALTER TABLE job_definition RENAME TO old_job_definition;
  CREATE TABLE job_definition (
    name TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL, bytes INTEGER NOT NULL,
    UNIQUE (name, revision)
  );
  INSERT INTO job_definition (name, revision, body, status, owner, bytes)
    SELECT name, revision, body, coalesce(json_extract(body, '$.status'), 'ACTIVE'), coalesce(json_extract(body, '$.owner'), ''),
      length(CAST(body AS BLOB)) FROM old_job_definition;
  DROP TABLE old_job_definition;
  CREATE INDEX job_definition_in_order ON job_definition (name, revision DESC);
  CREATE INDEX job_definition_by_status ON job_definition (status, name, revision DESC);
  CREATE INDEX job_definition_by_owner ON job_definition (owner, bytes);
  CREATE TABLE job_definition_name (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO job_definition_name (name, revision) SELECT name, max(revision) FROM job_definition GROUP BY name;
  `,
  // The spec of a job holds a workload. Specs of earlier versions are translated as they are read
  // (src/store/stored-spec.ts), so that no row is rewritten.
  '',
  // Whose a job is, for those who see only some users' jobs. It is read from the spec, so that no row
  // is rewritten, and not a column, which SQLite would compute at every write of a live job too.
  `
  CREATE INDEX job_by_owner ON job (job_queue, json_extract(spec, '$.owner'), seq, status) WHERE live = 0 AND child = 0;
  `,
]

/** The file was written by a newer version. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema'
}

export function migrate(database: Database): void {
  const version = database.pragma('user_version', { simple: true }) as number
  if (version > steps.length)
    throw new NewerSchema(
      `The data directory was written by a newer openbatch (schema ${version}; this one knows ${steps.length}).`,
    )
  for (const [index, step] of steps.entries()) {
    if (index < version) continue
    database.transaction(() => {
      database.exec(step)
      database.pragma(`user_version = ${index + 1}`)
    })()
  }
}
