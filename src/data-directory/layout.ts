/** The names of the files in a data directory (docs/operate/data-directory.md). */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const databaseName = 'openbatch.db'
export const lastBackupName = 'last-backup.json'
export const markName = 'installation.json'
/** Of older versions: taken over at the first start. */
export const usersName = 'users.json'
export const identitiesName = 'identities.sqlite'
export const sealingKeysName = 'sealing-keys.json'
export const secretsName = 'secrets.json'
/** The directories that `openbatch bucket add` made buckets (`src/objects/served-buckets.ts`). */
export const bucketsName = 'buckets.json'
/** The settings of buckets, a file each (`src/objects/files/settings-files.ts`). */
export const bucketSettingsName = 'object-settings'
export const streamsPath = join('logs', 'streams')
/** The log groups that requests made (`src/logs/file/log-groups.ts`). */
export const logGroupsPath = join('logs', 'groups.json')
export const auditName = 'audit'
/** The authority of the installation and the server's certificate (`src/tls/tls-files.ts`). */
export const tlsPaths = [join('tls', 'ca-key.pem'), join('tls', 'server.pem')]
/** The process driver writes it (`src/drivers/process/accounts.ts`). */
export const processAccountsName = 'process-accounts.json'

export function databasePath(dataDir: string): string {
  return join(dataDir, databaseName)
}

/** Whether a server ever ran on this directory. */
export function isDataDirectory(dataDir: string): boolean {
  return [databaseName, markName].some((name) => existsSync(join(dataDir, name)))
}

/**
 * The files that show that the directory was in use, though its database is gone. None in a new
 * directory.
 */
export function evidenceOfUse(dataDir: string): string[] {
  const files = [markName, identitiesName, usersName, secretsName].filter((name) => existsSync(join(dataDir, name)))
  const wal = `${databaseName}-wal`
  if ((statSync(join(dataDir, wal), { throwIfNoEntry: false })?.size ?? 0) > 0) files.push(wal)
  const ofDrivers = ['drivers', 'process', 'scripted', 'scratch']
  const directories = [streamsPath, ...ofDrivers].filter((name) => holdsSomething(dataDir, name))
  return [...files, ...directories.map((name) => `${name}/`)]
}

/** Empty directories do not count: a first start may have been stopped after it made them. */
function holdsSomething(dataDir: string, name: string): boolean {
  try {
    return readdirSync(join(dataDir, name), { recursive: true, withFileTypes: true }).some((it) => !it.isDirectory())
  } catch {
    return false
  }
}
