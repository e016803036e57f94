/**
 * Remembers why attempts that are being started do not run yet, in their drivers' last words. Only
 * in memory: a restart asks for each start again.
 */
import { attemptName, jobIdOfAttemptName } from '../../model/job.ts'

export class PendingStarts {
  /** By attempt, and within an attempt by container. */
  readonly #whys = new Map<string, Map<string, string>>()

  note(container: string, why: string): void {
    const attempt = attemptOf(container)
    const whys = this.#whys.get(attempt) ?? new Map<string, string>()
    this.#whys.set(attempt, whys.set(container, why))
  }

  /** The container runs, or never will. */
  forget(container: string): void {
    // Hardly any attempt waits, and a name is long to read.
    if (this.#whys.size === 0) return
    const attempt = attemptOf(container)
    const whys = this.#whys.get(attempt)
    whys?.delete(container)
    if (whys?.size === 0) this.#whys.delete(attempt)
  }

  /**
   * Returns the reason of the attempt's first pending container, or, with `node`, of that node's.
   */
  why(attempt: string, node?: number): string | undefined {
    for (const [container, why] of this.#whys.get(attempt) ?? [])
      if (node === undefined || container.startsWith(`${attempt}.n${node}c`)) return why
    return undefined
  }
}

function attemptOf(container: string): string {
  const of = jobIdOfAttemptName(container)
  return of ? attemptName(of.jobId, of.attempt) : container
}
