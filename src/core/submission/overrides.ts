/** Checks that the overrides of a submission are of the definition's kind (docs/aws §7.3). */
import type { Complaint } from '../../model/complaint.ts'
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import { overridesOfAnotherKind } from '../workload/bare-texts.ts'
import { definitionMember, ofDefinition, overridesMembers } from '../workload/kinds.ts'

/** An empty override counts as missing: Airflow sends empty ones. */
export function checkOverridesFitKind(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const own = ofDefinition(definition, {}, ({ member, overridesMember }) => ({ member, overridesMember }))
  const stray = overridesMembers.find((it) => it !== own.overridesMember && Object.keys(request[it] ?? {}).length > 0)
  const isForContainer = stray === 'containerOverrides' || stray === 'nodeOverrides'
  if (own.member === 'eksProperties' && isForContainer) return overridesOfAnotherKind
  if (stray) {
    const named = stray === 'containerOverrides' ? 'Container overrides' : stray
    return `${named} should not be set for ${definitionMember(own)} jobs.`
  }
  if (own.member === 'container' && request.containerOverrides?.instanceType !== undefined) {
    return 'containerOverrides.instanceType is only applicable to multi-node parallel jobs.'
  }
  return own.member === 'nodeProperties' && request.arrayProperties?.size !== undefined
    ? 'arrayProperties is not applicable to multi-node parallel jobs.'
    : undefined
}
