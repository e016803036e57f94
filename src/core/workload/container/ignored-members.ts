/**
 * `vcpus` and `memory` of containerOverrides, which AWS accepts and ignores if a requirement of the
 * new kind exists, in the definition or in the overrides.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
 */
import type { ContainerOverrides, ContainerProperties } from '../../../model/generated/batch.ts'

const legacyMembers = [
  ['vcpus', 'VCPU'],
  ['memory', 'MEMORY'],
] as const

/** `requirements` are the definition's and the overrides', or both merged. */
export function ignoredMembers(
  overrides: ContainerOverrides,
  requirements: ContainerProperties['resourceRequirements'] = [],
): readonly ('vcpus' | 'memory')[] {
  return legacyMembers
    .filter(([member, type]) => overrides[member] !== undefined && requirements.some((it) => it.type === type))
    .map(([member]) => member)
}
