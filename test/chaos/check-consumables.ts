/**
 * What attempts use of consumable resources: never more at once than exists, everything is given
 * back in the end, and used-up amounts are counted.
 */
import type { Complain, Observed, Unit } from './checker.ts'
import type { Run } from './evidence.ts'
import { type ResourceName, resources } from './workload.ts'

export function checkConsumables(
  { consumables, jobs }: Observed,
  units: readonly Unit[],
  runsOf: ReadonlyMap<string, readonly Run[]>,
  complain: Complain,
): void {
  for (const { name, totalQuantity, inUseQuantity } of consumables) {
    const { resourceType, totalQuantity: given } = resources[name]
    if (inUseQuantity !== 0) complain('not given back', `${inUseQuantity} of ${name} are in use, and nothing runs`)
    const attempts = units.map((unit) => (unit.of.takes?.[name] ?? 0) * (jobs.get(unit.jobId)?.attempts.length ?? 0))
    const usedUp = resourceType === 'REPLENISHABLE' ? 0 : attempts.reduce((sum, quantity) => sum + quantity, 0)
    if (totalQuantity !== given - usedUp)
      complain('wrong quantity', `there are ${totalQuantity} of ${name}, where ${given - usedUp} are right`)
    const most = mostAtOnce(name, units, runsOf)
    if (resourceType === 'REPLENISHABLE' && most > given)
      complain('given twice', `${most} of ${name} were held at once, and there are ${given}`)
  }
}

/**
 * Computed from the runs' own evidence: an attempt holds the resource at least from its first to
 * its last line.
 */
function mostAtOnce(name: ResourceName, units: readonly Unit[], runsOf: ReadonlyMap<string, readonly Run[]>): number {
  const changes: { at: number; by: number }[] = []
  for (const { jobId, of } of units) {
    const quantity = of.takes?.[name] ?? 0
    if (quantity === 0) continue
    for (const runs of Map.groupBy(runsOf.get(jobId) ?? [], (run) => run.attempt).values()) {
      changes.push({ at: Math.min(...runs.map((run) => run.start)), by: quantity })
      changes.push({ at: Math.max(...runs.map((run) => run.end ?? run.start)), by: -quantity })
    }
  }
  let held = 0
  let most = 0
  // An end and a beginning in the same millisecond do not overlap.
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    held += by
    most = Math.max(most, held)
  }
  return most
}
