/**
 * Makes a new data directory out of a backup. A new epoch begins in it: jobs that had not ended are
 * held (docs/operate/backup.md).
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beginEpoch, epochSetting } from '../epoch-settings.ts'
import { databaseName } from '../layout.ts'
import { type Mark, writeMark } from '../mark.ts'
import { appear } from './appear.ts'
import { BackupProblem } from './backup-problem.ts'
import { copyDatabase } from './copy-database.ts'
import { copyFile } from './copy-file.ts'
import { verifyBackup } from './verify-backup.ts'

export interface RestoreOptions {
  readonly backup: string
  readonly dataDir: string
  /** A database that is newer than the backup's own, and taken instead of it. */
  readonly database?: string | undefined
}

export async function restoreBackup({ backup, dataDir, database }: RestoreOptions): Promise<Mark> {
  const manifest = verifyBackup(backup)
  let mark: Mark | undefined
  await appear(dataDir, async (partial) => {
    const target = join(partial, databaseName)
    for (const { path } of manifest.files)
      if (path !== databaseName) copyFile(join(backup, path), join(partial, path), path)
    await copyDatabase(database ?? join(backup, databaseName), target)
    chmodSync(target, 0o600)
    mark = beginAnew(target, manifest.epoch)
    if (mark.installationId !== manifest.installationId)
      throw new BackupProblem(
        `${database} is of the installation ${mark.installationId}, and the backup of ${manifest.installationId}`,
      )
    writeMark(partial, mark)
  })
  return mark!
}

function beginAnew(file: string, epochOfBackup: number): Mark {
  const database = new Database(file, { fileMustExist: true })
  try {
    database.pragma('synchronous = FULL')
    const setting = database.prepare('SELECT value FROM setting WHERE key = ?').pluck()
    const put = database.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)')
    const epoch = Math.max(Number(setting.get(epochSetting) ?? 0), epochOfBackup) + 1
    database.transaction(() => beginEpoch({ putSetting: (key, value) => void put.run(key, value) }, epoch))()
    // As the store keeps it: src/store/sqlite/setting-table.ts.
    return { installationId: String(setting.get('installationId')), epoch, number: Number(setting.get('mark') ?? 0) }
  } finally {
    database.close()
  }
}
