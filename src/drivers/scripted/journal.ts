import { chmodSync, closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { textIfThere } from '../../ground/text-file.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ScriptStep } from './script.ts'

/**
 * What the scripted engine remembers across a kill -9 of its server: one file of JSON lines. A line
 * is added before anything counts as done, and the file is written anew when most of it is out of
 * date. It is not synced to the disk, because it is for trying and testing. Only the server's user
 * may read it: a step that prints a secret variable holds its value.
 */
export type JournalRecord =
  | {
      op: 'start'
      name: string
      jobId: string
      attempt: number
      nonce: string
      startedAtMs: TimeMs
      steps: ScriptStep[]
      /** Why the attempt does not run before `startedAtMs`. */
      pending?: string
      /** Address of the group, if it has one of its own. */
      address?: string
    }
  | { op: 'stop'; name: string; atMs: TimeMs; killAtMs: TimeMs }
  /** The attempt's host went away while it ran. */
  | { op: 'lose'; name: string; atMs: TimeMs }
  /** The run is over and its line of evidence is written. */
  | { op: 'told'; name: string }
  | { op: 'remove'; name: string }
  | { op: 'gate'; gate: string; atMs: TimeMs }

export interface Journal {
  /** Throws if the record cannot be written. Nothing happened then. */
  add(record: JournalRecord): void
  close(): void
}

/** A file with fewer records is never written anew. */
const compactAbove = 20_000

/**
 * Reads the journal of the directory, passes each record to `replay`, and continues with a file
 * that holds only what `snapshot` returns. A line torn by a crash is skipped: its event had not
 * been acknowledged.
 */
export function openJournal(
  directory: string,
  replay: (record: JournalRecord) => void,
  snapshot: () => JournalRecord[],
): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = join(directory, 'scripted.jsonl')
  for (const line of readLines(file)) {
    try {
      replay(JSON.parse(line) as JournalRecord)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  let fd: number | undefined
  let records = 0
  const compact = () => {
    const left = snapshot()
    writeFileSync(`${file}.new`, left.map((record) => `${JSON.stringify(record)}\n`).join(''), { mode: 0o600 })
    // A file that a crash left keeps its old mode otherwise.
    chmodSync(`${file}.new`, 0o600)
    renameSync(`${file}.new`, file)
    if (fd !== undefined) closeSync(fd)
    fd = openSync(file, 'a')
    records = left.length
    return left.length
  }
  let compactAt = Math.max(compactAbove, 4 * compact())
  let torn = false
  return {
    add(record) {
      if (fd === undefined) throw new Error('the journal is closed')
      const text = `${torn ? '\n' : ''}${JSON.stringify(record)}\n`
      torn = true
      if (writeSync(fd, text) < Buffer.byteLength(text)) throw new Error('the journal could be written only in part')
      torn = false
      if (++records >= compactAt) compactAt = Math.max(compactAbove, 4 * compact())
    },
    close() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

function readLines(file: string): string[] {
  return (textIfThere(file) ?? '').split('\n').filter(Boolean)
}
