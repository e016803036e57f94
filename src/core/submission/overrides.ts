/** Whether the overrides of a submission are of the kind its definition is (docs/aws §7.3). */
import type { Complaint } from '../../model/complaint.ts'
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import { overridesOfAnotherKind } from '../workload/bare-texts.ts'

/** Each kind of definition and the one override it takes. */
const kinds = [
  { properties: 'containerProperties', override: 'containerOverrides' },
  { properties: 'ecsProperties', override: 'ecsPropertiesOverride' },
  { properties: 'eksProperties', override: 'eksPropertiesOverride' },
  { properties: 'nodeProperties', override: 'nodeOverrides' },
] as const

/** An empty override is none: Airflow sends such. */
export function checkOverridesFitKind(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const kind = kinds.find(({ properties }) => definition[properties])
  const stray = kinds.find((other) => other !== kind && Object.keys(request[other.override] ?? {}).length > 0)
  const isForContainer = stray?.override === 'containerOverrides' || stray?.override === 'nodeOverrides'
  if (kind?.properties === 'eksProperties' && isForContainer) return overridesOfAnotherKind
  if (stray && kind) {
    const named = stray.override === 'containerOverrides' ? 'Container overrides' : stray.override
    return `${named} should not be set for ${kind.properties} jobs.`
  }
  return kind?.properties === 'nodeProperties' && request.arrayProperties?.size !== undefined
    ? 'arrayProperties is not applicable to multi-node parallel jobs.'
    : undefined
}
