/**
 * What a job requests, as one text. Jobs with equal requests fit the same hosts, so a result for
 * one holds for all.
 */
import type { JobSpec } from '../../model/job.ts'
import { nodesOf } from '../../model/workload.ts'

export function askedBy(spec: JobSpec): string {
  const { resources, consumables } = spec
  const nodes = nodesOf(spec)
  const { vcpus, memoryMib, gpus } = resources
  const size = `${vcpus} ${memoryMib} ${gpus}`
  return nodes || consumables ? `${size} ${JSON.stringify([nodes, consumables])}` : size
}
