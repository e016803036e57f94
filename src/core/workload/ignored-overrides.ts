/**
 * `vcpus` and `memory` of containerOverrides, which AWS takes and leaves aside where a requirement of the new kind says the same:
 * whichever of definition and overrides has it. https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
 */
import type { ContainerOverrides, ContainerProperties, SubmitJobRequest } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { overrideOf } from './multi-node/override.ts'

const legacyMembers = [
  ['vcpus', 'VCPU'],
  ['memory', 'MEMORY'],
] as const

/** `requirements`: the definition's and the overrides', or both merged. */
export function ignoredMembers(
  overrides: ContainerOverrides,
  requirements: ContainerProperties['resourceRequirements'] = [],
): readonly ('vcpus' | 'memory')[] {
  return legacyMembers
    .filter(([member, type]) => overrides[member] !== undefined && requirements.some((it) => it.type === type))
    .map(([member]) => member)
}

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
