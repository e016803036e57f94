/** Makes a backup of a data directory, whether or not a server runs on it. */
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { epochSetting } from '../epoch-settings.ts'
import {
  bucketSettingsName,
  bucketsName,
  databaseName,
  logGroupsPath,
  processAccountsName,
  secretsName,
  streamsPath,
  tlsPaths,
  usersName,
} from '../layout.ts'
import { appear } from './appear.ts'
import { BackupProblem } from './backup-problem.ts'
import { copyDatabase } from './copy-database.ts'
import { copyFile, hashFile } from './copy-file.ts'
import { copyIdentities } from './copy-identities.ts'
import { writeLastBackup } from './last-backup.ts'
import { type BackupFile, type Manifest, writeManifest } from './manifest.ts'

/** `now` is called when the copy of the database begins. */
export async function takeBackup(dataDir: string, directory: string, now: () => number): Promise<Manifest> {
  if (!existsSync(join(dataDir, databaseName))) throw new BackupProblem(`there is no database in ${dataDir}`)
  let manifest: Manifest | undefined
  await appear(directory, async (partial) => {
    const takenAtMs = now()
    const database = join(partial, databaseName)
    await copyDatabase(join(dataDir, databaseName), database)
    chmodSync(database, 0o600)
    // Copied after the database, so that each attempt that has ended in the copy has its whole log.
    const files = [hashFile(database, databaseName), ...copyLogs(dataDir, partial)]
    files.push(...(await copyIdentities(dataDir, partial)))
    for (const name of [
      ...bucketSettingsIn(dataDir),
      usersName,
      secretsName,
      bucketsName,
      logGroupsPath,
      processAccountsName,
      ...tlsPaths,
    ]) {
      const copied = copyIfThere(dataDir, partial, name)
      if (copied) files.push(copied)
    }
    manifest = { version: 1, ...identityOf(database), takenAtMs, files }
    writeManifest(partial, manifest)
  })
  writeLastBackup(dataDir, { takenAtMs: manifest!.takenAtMs, directory })
  return manifest!
}

function bucketSettingsIn(dataDir: string): string[] {
  const directory = join(dataDir, bucketSettingsName)
  if (!existsSync(directory)) return []
  return readdirSync(directory).flatMap((name) => (name.endsWith('.json') ? join(bucketSettingsName, name) : []))
}

/** Copies the lines alone: index and catalogue are made anew from them. */
function copyLogs(dataDir: string, to: string): BackupFile[] {
  const root = join(dataDir, streamsPath)
  if (!existsSync(root)) return []
  return readdirSync(root).flatMap((shard) =>
    readdirSync(join(root, shard))
      .filter((name) => name.endsWith('.log'))
      .flatMap((name) => copyIfThere(dataDir, to, join(streamsPath, shard, name)) ?? []),
  )
}

/** Undefined if the file is not there: a log may be deleted meanwhile. */
function copyIfThere(dataDir: string, to: string, path: string): BackupFile | undefined {
  try {
    return copyFile(join(dataDir, path), join(to, path), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function identityOf(file: string): Pick<Manifest, 'installationId' | 'epoch'> {
  const database = new Database(file, { readonly: true })
  try {
    const setting = database.prepare('SELECT value FROM setting WHERE key = ?').pluck()
    return {
      installationId: String(setting.get('installationId')),
      epoch: Number(setting.get(epochSetting) ?? 0),
    }
  } finally {
    database.close()
  }
}
