/**
 * `server.json` in the data directory, which a server writes when it is ready: where to find it.
 */
import { join } from 'node:path'
import { textIfThere } from '../ground/text-file.ts'
import { CommandFailure } from './terminal.ts'

export interface ServerFile {
  readonly endpoint: string
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly region?: string
  /** Set where objects are in a store outside. */
  readonly objectStore?: { readonly endpoint: string; readonly region?: string }
  /** The file with what clients must trust, if there is one. */
  readonly trustFile?: string
}

/**
 * What the last server wrote about itself; undefined if none ever ran there. It may have stopped
 * since.
 */
export function readServerFile(dataDir: string): ServerFile | undefined {
  const path = join(dataDir, 'server.json')
  let text: string | undefined
  try {
    text = textIfThere(path)
  } catch (error) {
    throw new CommandFailure(`cannot read ${path}: ${(error as Error).message}`)
  }
  if (text === undefined) return undefined
  try {
    const file = JSON.parse(text) as ServerFile
    if (typeof file.endpoint === 'string' && Number.isInteger(file.pid)) return file
  } catch {
    // Reported below.
  }
  throw new CommandFailure(`${path} is damaged; the server writes it anew when it starts`)
}

export function isServerRunning(file: ServerFile): boolean {
  try {
    process.kill(file.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
