/**
 * Copies a database as of one moment with SQLite's own backup, even while a server writes to it.
 */
import Database from 'better-sqlite3'

/**
 * Pages copied in one step: all of them. A backup in several steps starts over when another process
 * writes in between.
 */
const allPages = 2 ** 31 - 1

/** The copy is one file without a log beside it. The original is not changed. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true })
  try {
    await source.backup(to, { progress: () => allPages })
  } finally {
    source.close()
  }
  const copy = new Database(to, { fileMustExist: true })
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}
