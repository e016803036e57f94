/**
 * Jobs and their dependencies: nothing begins before everything it needs has succeeded, and
 * `Dependent Job failed` appears exactly where that is the case.
 */
import type { Complain, Observed, Unit } from './checker.ts'
import type { Run } from './evidence.ts'

const reason = 'Dependent Job failed'

export function checkLinks(
  { jobs }: Observed,
  units: readonly Unit[],
  runsOf: ReadonlyMap<string, readonly Run[]>,
  complainOf: (jobId: string) => Complain,
): void {
  const unitsOfJob = Map.groupBy(units, (unit) => unit.of.jobId)
  for (const unit of units) {
    const complain = complainOf(unit.jobId)
    const { statusReason, attempts = [] } = jobs.get(unit.jobId) ?? {}
    const needed = neededBy(unit)
    const failed = needed.filter((id) => jobs.get(id)?.status === 'FAILED')
    if (failed.length > 0 && statusReason !== reason)
      complain('failure ignored', `it needs ${failed.join(', ')}, which failed, and says: ${statusReason}`)
    if (failed.length === 0 && statusReason === reason)
      complain('failed for nothing', 'it says that what it needs failed, and nothing of that did')

    const runs = runsOf.get(unit.jobId) ?? []
    const begunAt = Math.min(...runs.map((run) => run.start))
    const startedAt = Math.min(...attempts.flatMap((attempt) => attempt.startedAt ?? []))
    for (const id of needed) {
      const before = unitsOfJob.get(id)?.map((one) => one.jobId) ?? [id]
      // An array that is no longer known is reported elsewhere.
      const ends = before.flatMap((one) => (runsOf.get(one) ?? []).map((run) => run.end ?? run.start))
      if (runs.length > 0 && jobs.get(id)?.status !== 'SUCCEEDED')
        complain('began too early', `it ran, and ${id}, which it needs, is ${jobs.get(id)?.status}`)
      else if (Math.max(...ends) > begunAt)
        complain('began too early', `it began before ${id}, which it needs, had ended`)
      else if ((jobs.get(id)?.stoppedAt ?? 0) > startedAt)
        complain('began too early', `DescribeJobs has it started before ${id}, which it needs, had stopped`)
    }
  }
}

/** Jobs, arrays and children that must have succeeded before this one begins. */
function neededBy({ of, index }: Unit): string[] {
  const needed = (of.needs ?? []).map(({ jobId, type }) => (type === 'N_TO_N' ? `${jobId}:${index}` : jobId))
  return of.isSequential && index !== undefined && index > 0 ? [...needed, `${of.jobId}:${index - 1}`] : needed
}
