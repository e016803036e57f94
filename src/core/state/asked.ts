/** What a job asks for, as one text. Jobs that ask for the same fit the same hosts, so that what was found for one is known of all. */
import type { JobSpec } from '../../model/job.ts'
import { nodesOf } from '../../model/workload.ts'

export function askedBy(spec: JobSpec): string {
  const { resources, consumables } = spec
  const nodes = nodesOf(spec)
  const { vcpus, memoryMib, gpus } = resources
  const size = `${vcpus} ${memoryMib} ${gpus}`
  return nodes || consumables ? `${size} ${JSON.stringify([nodes, consumables])}` : size
}
