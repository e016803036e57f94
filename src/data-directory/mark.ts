/**
 * `installation.json` says which installation the directory belongs to, and which mark its database
 * must hold at least. Without it, an old copy of the database, or one that lost its write-ahead
 * log, would pass for the newest. The number rises whenever SQLite begins its log anew (see
 * src/store/sqlite/log-watch.ts). It is durable in the database before it is written here, so a
 * database with a lower number has lost data.
 */

import { join } from 'node:path'
import { writePrivateFile } from '../ground/private-file.ts'
import { textIfThere } from '../ground/text-file.ts'
import { CannotStart } from './cannot-start.ts'
import { explained } from './fault.ts'
import { markName } from './layout.ts'

export interface Mark {
  readonly installationId: string
  /** Counts how often the installation began anew from a backup, or from nothing. */
  readonly epoch: number
  readonly number: number
}

export function readMark(dataDir: string): Mark | undefined {
  const path = join(dataDir, markName)
  let text: string | undefined
  try {
    text = textIfThere(path)
  } catch (error) {
    throw explained(path, error)
  }
  if (text === undefined) return undefined
  try {
    const { installationId, epoch, number } = JSON.parse(text) as Mark
    if (typeof installationId === 'string' && Number.isInteger(epoch) && Number.isInteger(number))
      return { installationId, epoch, number }
  } catch {
    // Said below.
  }
  throw new CannotStart(
    `${path} is damaged. It only guards against a lost database: look whether openbatch.db is the right one, remove ${path}, and start again.`,
  )
}

export function writeMark(dataDir: string, mark: Mark): void {
  writePrivateFile(join(dataDir, markName), `${JSON.stringify({ version: 1, ...mark })}\n`)
}
