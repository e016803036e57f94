/** Definitions that run as Kubernetes pods; https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { EksContainer, EksProperties } from '../../model/generated/batch.ts'
import { checkImage } from './container.ts'

export function checkEksProperties({ podProperties }: EksProperties): Complaint {
  if (!podProperties) return 'podProperties is required for eksProperties.'
  const { containers = [], initContainers = [] } = podProperties
  if (containers.length < 1 || containers.length > 10) return 'Number of containers must be between 1 and 10'
  if (initContainers.length > 10) return 'Number of initContainers must be between 0 and 10'
  return firstComplaint([...initContainers, ...containers], (container) => checkEksContainer(container))
}

function checkEksContainer({ image, env, resources }: EksContainer): Complaint {
  return (
    checkImage(image) ??
    firstComplaint(env, ({ name }) =>
      name.startsWith('AWS_BATCH')
        ? `Environment variable ${name} is not valid. Environment variables cannot start with AWS_BATCH.`
        : undefined,
    ) ??
    firstComplaint([resources?.limits, resources?.requests], (amounts) => {
      const gpus = amounts?.['nvidia.com/gpu']
      return gpus === undefined || /^[1-9][0-9]*$/.test(gpus)
        ? undefined
        : `Value ${gpus} for type nvidia.com/gpu in resources is not valid.`
    })
  )
}
