/** The table of settings: short texts by key. */
import Database, { type Statement } from 'better-sqlite3'

export class SettingTable {
  readonly #get: Statement
  readonly #put: Statement

  constructor(database: Database.Database) {
    this.#get = database.prepare('SELECT value FROM setting WHERE key = ?')
    this.#put = database.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)')
  }

  get(key: string): string | undefined {
    return (this.#get.get(key) as { value: string } | undefined)?.value
  }

  put(key: string, value: string): void {
    this.#put.run(key, value)
  }
}

/** Reads settings of a database of any version that no server uses. The file stays unchanged. */
export function peekSettings<Key extends string>(file: string, keys: readonly Key[]): Partial<Record<Key, string>> {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  try {
    if (!database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'setting'`).get()) return {}
    const rows = database.prepare('SELECT key, value FROM setting').all() as { key: Key; value: string }[]
    return Object.fromEntries(
      rows.filter(({ key }) => keys.includes(key)).map(({ key, value }) => [key, value]),
    ) as Partial<Record<Key, string>>
  } finally {
    database.close()
  }
}
