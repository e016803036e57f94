/** What a job asks for, as one text. Jobs that ask for the same fit the same hosts, so that what was found for one is known of all. */
import type { JobSpec } from '../../model/job.ts'

export function askedBy({ resources, nodeResources, consumables }: JobSpec): string {
  const { vcpus, memoryMib, gpus } = resources
  const size = `${vcpus} ${memoryMib} ${gpus}`
  return nodeResources || consumables ? `${size} ${JSON.stringify([nodeResources, consumables])}` : size
}
