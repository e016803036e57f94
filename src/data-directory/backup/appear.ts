/** Makes a directory that appears whole or not at all. */

import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../../ground/sync-directory.ts'
import { BackupProblem } from './backup-problem.ts'

/**
 * `fill` fills another directory, which is then renamed to `path`. An empty directory at `path` is
 * replaced.
 */
export async function appear(path: string, fill: (directory: string) => Promise<void>): Promise<void> {
  if (!isFree(path)) throw new BackupProblem(`${path} is there already, and not empty: name a directory that is new`)
  const partial = `${path}.partial-${process.pid}`
  mkdirSync(partial, { recursive: true, mode: 0o700 })
  try {
    await fill(partial)
    syncDirectory(partial)
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    throw error
  }
  syncDirectory(dirname(path))
}

function isFree(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw new BackupProblem(`${path} cannot be used: ${(error as Error).message}`)
  }
}
