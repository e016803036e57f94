/**
 * `manifest.json` lists what a backup holds. It is written last, so a backup that has one is
 * complete.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BackupProblem } from './backup-problem.ts'

export const manifestName = 'manifest.json'

export interface BackupFile {
  /** Relative to the backup, and to the data directory. */
  readonly path: string
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

export interface Manifest {
  readonly version: 1
  readonly installationId: string
  readonly epoch: number
  /** When the copy of the database was made. */
  readonly takenAtMs: number
  readonly files: readonly BackupFile[]
}

export function writeManifest(directory: string, manifest: Manifest): void {
  writeFileSync(join(directory, manifestName), `${JSON.stringify(manifest, undefined, 1)}\n`, {
    mode: 0o600,
    flush: true,
  })
}

export function readManifest(directory: string): Manifest {
  const path = join(directory, manifestName)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new BackupProblem(`${directory} is no complete backup: ${(error as Error).message}`)
  }
  try {
    const manifest = JSON.parse(text) as Manifest
    const isWhole = Array.isArray(manifest.files) && typeof manifest.installationId === 'string'
    if (manifest.version === 1 && isWhole && manifest.files.every(({ path: inner }) => isWithin(inner))) return manifest
  } catch {
    // Said below.
  }
  throw new BackupProblem(`${path} is damaged, or of a version of openbatch that this one does not know`)
}

/** A restore writes files at these paths, so none may lead outside. */
function isWithin(path: string): boolean {
  return typeof path === 'string' && !path.startsWith('/') && !path.split('/').includes('..')
}
