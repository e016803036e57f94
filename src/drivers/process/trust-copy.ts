/**
 * Other accounts cannot read the data directory, so a job that runs as another user gets a copy of
 * the file that says whom to trust. All jobs share it.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stableId } from '../../ground/stable-id.ts'

const name = /^trust-[0-9a-f]{16}\.pem$/

/** Returns the path of the copy. Others must be able to pass through `directory`. */
export function copyTrust(file: string, directory: string): string {
  const text = readFileSync(file, 'utf8')
  // Never written over, because a running job may be reading it.
  const copy = join(directory, `trust-${stableId(text).slice(0, 16)}.pem`)
  if (existsSync(copy)) return copy
  const made = `${copy}.${process.pid}`
  writeFileSync(made, text, { mode: 0o644 })
  chmodSync(made, 0o644)
  renameSync(made, copy)
  return copy
}

/** Removes the copies from a directory in which nothing else is left. */
export function removeTrust(directory: string): void {
  const entries = existsSync(directory) ? readdirSync(directory) : []
  if (entries.every((entry) => name.test(entry))) for (const entry of entries) unlinkSync(join(directory, entry))
}
