import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TimeMs } from '../../model/time.ts'

/**
 * One line of JSON for each run, written once the run is over. A check that nothing ran twice at
 * once compares lines of the same name. Two nonces are two runs. The same nonce twice is one run
 * recorded twice, because the server was killed between writing the line and noting that it had.
 */
export interface RunEvidence {
  /** The attempt's name with its driver. It distinguishes the containers of one attempt. */
  readonly name: string
  readonly jobId: string
  readonly attempt: number
  readonly nonce: string
  readonly startedAt: TimeMs
  readonly endedAt: TimeMs
}

export interface EvidenceFile {
  add(run: RunEvidence): void
  close(): void
}

export function openEvidence(file: string): EvidenceFile {
  mkdirSync(dirname(file), { recursive: true })
  const fd = openSync(file, 'a')
  let open = true
  return {
    add: (run) => {
      writeSync(fd, `${JSON.stringify(run)}\n`)
    },
    close() {
      if (open) closeSync(fd)
      open = false
    },
  }
}
