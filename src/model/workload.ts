/**
 * What one attempt of a job runs: one of AWS Batch's four kinds, each in the form in which DescribeJobs shows it, with the
 * overrides merged in and the parameters substituted (docs/aws §2.3). What only a run brings (places, log streams, exit codes)
 * is kept with the attempts.
 */
import type { ContainerDetail, EcsPropertiesDetail, EksPropertiesDetail, NodeProperties } from './generated/batch.ts'
import type { Resources } from './resources.ts'

export type Workload = NodeWorkload | MultiNode

/** What one node runs. A job that is not multi-node has one node. */
export type NodeWorkload = Container | EcsTask | Pod

/** A single container: `containerProperties` of a definition, or `container` of a node range. */
export interface Container {
  readonly kind: 'container'
  readonly properties: ContainerDetail
}

/** The containers of an ECS task: `ecsProperties`. */
export interface EcsTask {
  readonly kind: 'ecsTask'
  readonly properties: EcsPropertiesDetail
}

/** The containers of a Kubernetes pod: `eksProperties`. */
export interface Pod {
  readonly kind: 'pod'
  readonly properties: EksPropertiesDetail
}

/** Several nodes that run together, each what its node range says: `nodeProperties`. */
export interface MultiNode {
  readonly kind: 'multiNode'
  readonly properties: NodeProperties
  /** What each node takes of its host, in the order of the nodes; every node once. */
  readonly nodes: readonly NodeResources[]
}

/** Nodes `from` to `to`, both included, take the same. */
export interface NodeResources {
  readonly from: number
  readonly to: number
  readonly resources: Resources
}

/** The nodes of a multi-node job; undefined for the other three kinds, whose attempts stand on one host. */
export function nodesOf({ workload }: { readonly workload: Workload }): readonly NodeResources[] | undefined {
  return workload.kind === 'multiNode' ? workload.nodes : undefined
}
