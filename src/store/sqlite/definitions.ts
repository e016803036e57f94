/**
 * Job definitions in SQLite. A name keeps its last revision, so that no revision is given twice
 * after a deletion.
 */
import type { Database } from 'better-sqlite3'
import type { JobDefinition } from '../../model/job-definition.ts'
import type { DefinitionQuery, DefinitionShelf } from '../store.ts'
import type { OrFail } from './outbox.ts'

interface Row {
  readonly body: string
}

export class SqliteDefinitions implements DefinitionShelf {
  #database!: Database
  #sql!: ReturnType<typeof prepare>
  readonly #orFail: OrFail
  /** Statements of `list` by their text. There are only a few forms. */
  readonly #lists = new Map<string, ReturnType<Database['prepare']>>()

  constructor(database: Database, orFail: OrFail) {
    this.#orFail = orFail
    this.bind(database)
  }

  /** Continues with a new opening of the same file. */
  bind(database: Database): void {
    this.#database = database
    this.#sql = prepare(database)
    this.#lists.clear()
  }

  find(name: string, revision: number): JobDefinition | undefined {
    return this.#orFail('read', () => parsed(this.#sql.find.get(name, revision)))
  }

  newestActive(name: string, belowRevision: number): JobDefinition | undefined {
    return this.#orFail('read', () => parsed(this.#sql.newestActive.get(name, belowRevision)))
  }

  lastRevision(name: string): number {
    const row = this.#orFail('read', () => this.#sql.lastRevision.get(name))
    return (row as { revision: number } | undefined)?.revision ?? 0
  }

  bytesByOwner(): Map<string, number> {
    const rows = this.#orFail('read', () => this.#sql.bytesByOwner.all()) as { owner: string; bytes: number }[]
    return new Map(rows.map(({ owner, bytes }) => [owner, bytes]))
  }

  list({ name, status, owner, after, limit }: DefinitionQuery): JobDefinition[] {
    const filter: Filter = { name, status, owner }
    if (!after) return this.#select(filter, '', [], limit)
    // Two queries of one range each: with OR in one query, SQLite would read the index from its
    // beginning.
    const ofSameName = { ...filter, name: after.name }
    const rest =
      name === undefined || name === after.name
        ? this.#select(ofSameName, 'AND revision < ?', [after.revision], limit)
        : []
    if (name !== undefined || rest.length === limit) return rest
    return [...rest, ...this.#select(filter, 'AND name > ?', [after.name], limit - rest.length)]
  }

  write(changed: readonly JobDefinition[], gone: readonly { name: string; revision: number }[]): void {
    for (const it of changed) {
      const body = JSON.stringify(it)
      this.#sql.put.run(it.name, it.revision, body, it.status, it.owner, Buffer.byteLength(body))
      this.#sql.putName.run(it.name, it.revision)
    }
    for (const { name, revision } of gone) this.#sql.remove.run(name, revision)
  }

  #select(filter: Filter, range: string, rangeValues: unknown[], limit: number): JobDefinition[] {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined)
    const conditions = given.map(([column]) => `AND ${column} = ?`).join(' ')
    const text = `SELECT body FROM job_definition WHERE 1 ${conditions} ${range} ORDER BY name, revision DESC LIMIT ?`
    return this.#orFail('read', () => {
      const statement = this.#lists.get(text) ?? this.#database.prepare(text)
      this.#lists.set(text, statement)
      const rows = statement.all(...given.map(([, value]) => value), ...rangeValues, limit)
      return rows.map((row) => parsed(row)!)
    })
  }
}

interface Filter {
  readonly name: string | undefined
  readonly status: string | undefined
  readonly owner: string | undefined
}

function parsed(row: unknown): JobDefinition | undefined {
  return row === undefined ? undefined : (JSON.parse((row as Row).body) as JobDefinition)
}

function prepare(database: Database) {
  return {
    find: database.prepare('SELECT body FROM job_definition WHERE name = ? AND revision = ?'),
    newestActive: database.prepare(
      `SELECT body FROM job_definition WHERE status = 'ACTIVE' AND name = ? AND revision < ? ORDER BY revision DESC LIMIT 1`,
    ),
    lastRevision: database.prepare('SELECT revision FROM job_definition_name WHERE name = ?'),
    bytesByOwner: database.prepare('SELECT owner, sum(bytes) AS bytes FROM job_definition GROUP BY owner'),
    put: database.prepare(
      `INSERT INTO job_definition (name, revision, body, status, owner, bytes) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name, revision) DO UPDATE SET body = excluded.body, status = excluded.status, bytes = excluded.bytes`,
    ),
    putName: database.prepare(
      `INSERT INTO job_definition_name (name, revision) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET revision = max(revision, excluded.revision)`,
    ),
    remove: database.prepare('DELETE FROM job_definition WHERE name = ? AND revision = ?'),
  }
}
