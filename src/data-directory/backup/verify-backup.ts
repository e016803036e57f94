/** Checks that a backup is what its manifest says. */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import Database from 'better-sqlite3'
import { databaseName } from '../layout.ts'
import { BackupProblem } from './backup-problem.ts'
import { hashFile } from './copy-file.ts'
import { type Manifest, manifestName, readManifest } from './manifest.ts'

/** Reads every file. Throws a `BackupProblem` that lists everything wrong. */
export function verifyBackup(directory: string): Manifest {
  const manifest = readManifest(directory)
  const problems = manifest.files.flatMap(({ path, bytes, sha256 }) => {
    try {
      const found = hashFile(join(directory, path), path)
      return found.bytes === bytes && found.sha256 === sha256 ? [] : [`${path} is not what it was`]
    } catch (error) {
      return [`${path} cannot be read: ${(error as Error).message}`]
    }
  })
  const known = new Set([manifestName, ...manifest.files.map(({ path }) => path)])
  if (!known.has(databaseName)) problems.push(`${databaseName} is not in the manifest`)
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = relative(directory, join(entry.parentPath, entry.name))
    if (!entry.isDirectory() && !known.has(path)) problems.push(`${path} is not in the manifest`)
  }
  if (problems.length === 0) problems.push(...faultsOfDatabase(join(directory, databaseName)))
  if (problems.length > 0)
    throw new BackupProblem(
      `the backup ${directory} is damaged:\n${problems.map((it) => `  ${it}\n`).join('')}`.trimEnd(),
    )
  return manifest
}

function faultsOfDatabase(file: string): string[] {
  try {
    const database = new Database(file, { readonly: true })
    try {
      const found = database.prepare('PRAGMA integrity_check(10)').pluck().all() as string[]
      return found.filter((line) => line !== 'ok').map((line) => `${databaseName}: ${line}`)
    } finally {
      database.close()
    }
  } catch (error) {
    return [`${databaseName}: ${(error as Error).message}`]
  }
}
