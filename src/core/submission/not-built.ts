/** What passes AWS's checks but this version cannot run yet. The one place that says so. */
import type { Complaint } from '../../model/complaint.ts'
import type { JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'

export function checkBuilt(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const consumables = [definition.consumableResourceProperties, request.consumableResourcePropertiesOverride]
  if (definition.nodeProperties) return notBuilt('Multi-node parallel (nodeProperties) jobs')
  if (definition.ecsProperties) return notBuilt('Multi-container (ecsProperties) jobs')
  if (definition.eksProperties) return notBuilt('EKS (eksProperties) jobs')
  if (request.dependsOn?.length) return notBuilt('Dependent (dependsOn) jobs')
  if (consumables.some((properties) => properties?.consumableResourceList?.length)) {
    return notBuilt('Consumable resource (consumableResourceList) jobs')
  }
  return undefined
}

function notBuilt(what: string): string {
  return `${what} are not built in this version of openbatch`
}
