/** What the jobs themselves wrote about their runs, in either form, as one list. */
import { existsSync, readFileSync } from 'node:fs'

export interface Run {
  /** For a multi-node job, the job's own id, not the node's. */
  readonly jobId: string
  readonly attempt: number
  /** The container of the attempt, `n0c1`; empty for a single one. */
  readonly part: string
  /** Drawn by the run itself. */
  readonly nonce: string
  /** A place in time, comparable within one evidence file. */
  readonly start: number
  /** Absent if the run was killed, or continues. */
  readonly end?: number
  /** As the run itself reported it, if it could. */
  readonly exitCode?: number
}

/** A line of a shell job, or one of the scripted driver's. */
type Line =
  | {
      jobId: string
      attempt: number
      part: string
      nonce: string
      event: 'start' | 'end'
      exitCode: number | null
    }
  | { name: string; jobId: string; attempt: number; nonce: string; startedAt: number; endedAt: number }

export function readEvidence(file: string): Run[] {
  return existsSync(file) ? parseEvidence(readFileSync(file, 'utf8')) : []
}

/** Throws on a line that cannot be read: evidence is not guessed. */
export function parseEvidence(text: string): Run[] {
  const runs = new Map<string, Run>()
  const anomalies: Run[] = []
  for (const [place, raw] of text.split('\n').entries()) {
    if (raw === '') continue
    const line = JSON.parse(raw) as Line
    const { attempt, nonce } = line
    const [jobId] = line.jobId.split('#') as [string]
    const part = 'part' in line ? line.part : partOfName(line.name)
    const run = { jobId, attempt, part, nonce }
    const key = `${jobId} ${attempt} ${part} ${nonce}`
    if ('startedAt' in line)
      // A server that was killed before it noted a line may record the same run twice. It is still
      // one run.
      runs.set(key, { ...run, start: line.startedAt, end: line.endedAt })
    else if (line.event === 'start') runs.set(key, { ...run, start: place })
    else {
      const begun = runs.get(key)
      if (begun) runs.set(key, { ...begun, end: place, exitCode: line.exitCode! })
      else anomalies.push({ ...run, start: place, end: place })
    }
  }
  return [...runs.values(), ...anomalies]
}

/** `openbatch-ID-2.n0c1` → `n0c1`. */
function partOfName(name: string): string {
  return /\.(n[0-9]+c[0-9]+)$/.exec(name)?.[1] ?? ''
}
