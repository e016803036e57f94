/**
 * `last-backup.json` in the data directory: when the last backup was made, for the server's
 * metrics.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../../ground/private-file.ts'
import { lastBackupName } from '../layout.ts'

export interface LastBackup {
  readonly takenAtMs: number
  readonly directory: string
}

export function writeLastBackup(dataDir: string, last: LastBackup): void {
  writePrivateFile(join(dataDir, lastBackupName), `${JSON.stringify(last)}\n`)
}

/** Undefined if no backup was made, or if the file cannot be read. */
export function readLastBackup(dataDir: string): LastBackup | undefined {
  try {
    const last = JSON.parse(readFileSync(join(dataDir, lastBackupName), 'utf8')) as LastBackup
    return Number.isFinite(last.takenAtMs) ? last : undefined
  } catch {
    return undefined
  }
}
