/** Tells other commands (`openbatch env`) where the server is. */
import { join } from 'node:path'
import { writePrivateFile } from '../../ground/private-file.ts'

export interface ServerFacts {
  readonly endpoint: string
  readonly region: string
  /** The file with what clients must trust, if there is one. */
  readonly trustFile?: string | undefined
  /** Set where objects are in a store outside. */
  readonly objectStore?: { readonly endpoint: string; readonly region?: string } | undefined
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
}

export function announce(dataDir: string, facts: ServerFacts): void {
  writePrivateFile(join(dataDir, 'server.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
}
