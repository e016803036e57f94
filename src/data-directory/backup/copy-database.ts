/** Copies a database by SQLite's own means, as of one moment, also while a server writes to it. */
import Database from 'better-sqlite3'

/** Pages a step. All in one: a step reads as of one moment, and one that began before another process wrote would begin anew. */
const allPages = 2 ** 31 - 1

/** The copy is one file, without a log beside it. What is copied stays as it is. */
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
