/** Remembers why attempts that are being started do not run yet, as their drivers said last. In memory alone: a restart asks for each start again. */
import { attemptName, jobIdOfAttemptName } from '../../model/job.ts'

export class PendingStarts {
  /** By attempt, and in it by container: an attempt may be several. */
  readonly #whys = new Map<string, Map<string, string>>()

  note(container: string, why: string): void {
    const attempt = attemptOf(container)
    const whys = this.#whys.get(attempt) ?? new Map<string, string>()
    this.#whys.set(attempt, whys.set(container, why))
  }

  /** The container runs, or will not. */
  forget(container: string): void {
    const attempt = attemptOf(container)
    const whys = this.#whys.get(attempt)
    whys?.delete(container)
    if (whys?.size === 0) this.#whys.delete(attempt)
  }

  /** Of the first of its containers that is pending; with `node`, of that node's. */
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
