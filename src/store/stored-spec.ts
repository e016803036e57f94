/** The spec of a job as stores keep it: JSON. Specs of earlier versions are read too. */
import type {
  ContainerDetail,
  EcsPropertiesDetail,
  EksPropertiesDetail,
  NodeProperties,
} from '../model/generated/batch.ts'
import type { JobSpec } from '../model/job.ts'
import type { NodeResources, Workload } from '../model/workload.ts'

/**
 * Until schema 3 a spec had a member for each kind of workload. `container` was always there, and
 * empty for the other kinds.
 */
interface SpecWithoutWorkload extends Omit<JobSpec, 'workload'> {
  readonly container: ContainerDetail
  readonly ecsProperties?: EcsPropertiesDetail
  readonly eksProperties?: EksPropertiesDetail
  readonly nodeProperties?: NodeProperties
  readonly nodeResources?: readonly NodeResources[]
}

/** Reads a text that a store of this or an earlier version wrote. */
export function readSpec(text: string): JobSpec {
  const stored = JSON.parse(text) as JobSpec | SpecWithoutWorkload
  if ('workload' in stored) return stored
  const { container, ecsProperties, eksProperties, nodeProperties, nodeResources, ...spec } = stored
  return { ...spec, workload: workloadOf({ container, ecsProperties, eksProperties, nodeProperties, nodeResources }) }
}

type Members = {
  readonly [Member in 'container' | 'ecsProperties' | 'eksProperties' | 'nodeProperties' | 'nodeResources']:
    | SpecWithoutWorkload[Member]
    | undefined
}

function workloadOf({ container, ecsProperties, eksProperties, nodeProperties, nodeResources }: Members): Workload {
  if (ecsProperties) return { kind: 'ecsTask', properties: ecsProperties }
  if (eksProperties) return { kind: 'pod', properties: eksProperties }
  if (nodeProperties) return { kind: 'multiNode', properties: nodeProperties, nodes: nodeResources ?? [] }
  return { kind: 'container', properties: container ?? {} }
}
