/** The overrides of a submission that do nothing, for a line in the log. */

import type { SubmitJobRequest } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { ignoredMembers } from './container/ignored-members.ts'
import { overrideOf } from './multi-node/override.ts'

/** Of a job that was submitted with these overrides: `containerOverrides.vcpus`. */
export function ignoredOverrides(request: SubmitJobRequest, spec: JobSpec): readonly string[] {
  const { containerOverrides = {}, nodeOverrides = {} } = request
  const ranges = spec.nodeProperties?.nodeRangeProperties ?? []
  return [
    ...ignoredMembers(containerOverrides, spec.container.resourceRequirements).map((it) => `containerOverrides.${it}`),
    ...ranges.flatMap((range) =>
      ignoredMembers(
        overrideOf(range, nodeOverrides)?.containerOverrides ?? {},
        range.container?.resourceRequirements,
      ).map((it) => `nodeOverrides of ${range.targetNodes}: containerOverrides.${it}`),
    ),
  ]
}
