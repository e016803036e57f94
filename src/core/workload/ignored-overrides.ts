/** The overrides of a submission that have no effect, for a line in the log. */
import type { SubmitJobRequest } from '../../model/generated/batch.ts'
import type { Workload } from '../../model/workload.ts'
import { ignoredMembers } from './container/ignored-members.ts'
import { overrideOf } from './multi-node/override.ts'

/**
 * By their members, as in `containerOverrides.vcpus`. `workload` is what was submitted with these
 * overrides.
 */
export function ignoredOverrides(request: SubmitJobRequest, workload: Workload): readonly string[] {
  const { containerOverrides = {}, nodeOverrides = {} } = request
  if (workload.kind === 'container') {
    const { resourceRequirements } = workload.properties
    return ignoredMembers(containerOverrides, resourceRequirements).map((it) => `containerOverrides.${it}`)
  }
  if (workload.kind !== 'multiNode') return []
  return workload.properties.nodeRangeProperties.flatMap((range) => {
    const overrides = overrideOf(range, nodeOverrides)?.containerOverrides ?? {}
    const ignored = ignoredMembers(overrides, range.container?.resourceRequirements)
    return ignored.map((it) => `nodeOverrides of ${range.targetNodes}: containerOverrides.${it}`)
  })
}
