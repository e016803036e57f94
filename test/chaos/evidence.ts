/** What the jobs themselves have written about their runs, of either form, as one. */
import { existsSync, readFileSync } from 'node:fs'

export interface Run {
  readonly jobId: string
  readonly attempt: number
  /** Drawn by the run itself. */
  readonly nonce: string
  /** A place in time: comparable within one evidence file. */
  readonly start: number
  /** Absent: it was killed, or goes on. */
  readonly end?: number
  /** As the run itself gave it, where it could. */
  readonly exitCode?: number
}

/** A line of a shell job, or one of the scripted driver's. */
type Line =
  | { jobId: string; attempt: number; nonce: string; event: 'start' | 'end'; exitCode: number | null }
  | { jobId: string; attempt: number; nonce: string; startedAt: number; endedAt: number }

export function readEvidence(file: string): Run[] {
  return existsSync(file) ? parseEvidence(readFileSync(file, 'utf8')) : []
}

/** Throws on a line that cannot be read: evidence is not guessed at. */
export function parseEvidence(text: string): Run[] {
  const runs = new Map<string, Run>()
  const anomalies: Run[] = []
  for (const [place, raw] of text.split('\n').entries()) {
    if (raw === '') continue
    const line = JSON.parse(raw) as Line
    const { jobId, attempt, nonce } = line
    const key = `${jobId} ${attempt} ${nonce}`
    if ('startedAt' in line)
      // The same run may be told twice, by a server killed before it had noted that it had: still one run.
      runs.set(key, { jobId, attempt, nonce, start: line.startedAt, end: line.endedAt })
    else if (line.event === 'start') runs.set(key, { jobId, attempt, nonce, start: place })
    else {
      const begun = runs.get(key)
      if (begun) runs.set(key, { ...begun, end: place, exitCode: line.exitCode! })
      else anomalies.push({ jobId, attempt, nonce, start: place, end: place })
    }
  }
  return [...runs.values(), ...anomalies]
}
