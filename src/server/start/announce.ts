/** Tells other commands (`openbatch env`) where the server is. */
import { join } from 'node:path'
import { writePrivateFile } from '../../ground/private-file.ts'

export interface ServerFacts {
  readonly endpoint: string
  readonly region: string
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
}

export function announce(dataDir: string, facts: ServerFacts): void {
  writePrivateFile(join(dataDir, 'server.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
}
