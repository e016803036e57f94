/** What passes AWS's checks but this version cannot run yet. The one place that says so. */
import type { Complaint } from '../../model/complaint.ts'
import type { ContainerProperties, JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'

export function checkBuilt(definition: JobDefinition, request: SubmitJobRequest): Complaint {
  const consumables = [definition.consumableResourceProperties, request.consumableResourcePropertiesOverride]
  if (definition.nodeProperties) return notBuilt('Multi-node parallel (nodeProperties) jobs')
  if (definition.ecsProperties) return notBuilt('Multi-container (ecsProperties) jobs')
  if (definition.eksProperties) return notBuilt('EKS (eksProperties) jobs')
  if (consumables.some((properties) => properties?.consumableResourceList?.length)) {
    return notBuilt('Consumable resource (consumableResourceList) jobs')
  }
  return checkContainer(definition.containerProperties)
}

/** A job that ran without these would fail, or read the wrong data, for a reason nobody could see. */
function checkContainer(container: ContainerProperties | undefined): Complaint {
  if (container?.secrets?.length) return notBuilt('Jobs with secrets')
  if (container?.logConfiguration?.secretOptions?.length) return notBuilt('Jobs with logConfiguration.secretOptions')
  if (container?.repositoryCredentials) return notBuilt('Jobs with repositoryCredentials')
  const elsewhere = container?.volumes?.find((it) => it.efsVolumeConfiguration ?? it.s3filesVolumeConfiguration)
  if (elsewhere) return notBuilt(`Jobs with EFS or S3 Files volumes (${elsewhere.name ?? ''})`)
  return undefined
}

function notBuilt(what: string): string {
  return `${what} are not built in this version of openbatch`
}
