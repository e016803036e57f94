/**
 * `vcpus` and `memory` of containerOverrides, which AWS takes and leaves aside where a requirement of the new kind says the same:
 * whichever of definition and overrides has it. https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
 */
import type { ContainerOverrides, ContainerProperties } from '../../../model/generated/batch.ts'

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
