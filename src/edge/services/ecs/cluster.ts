/** What the operations of ECS read alike: the cluster, and ids or ARNs in it. */
import { environmentOfCluster } from '../../../core/instance/ecs.ts'
import { type Account, clusterName } from '../../../model/arn.ts'
import type { ComputeEnvironment } from '../../../model/compute-environment.ts'
import { limits } from '../../../model/limits.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'

/** The name that a cluster has if the request names none. No environment has it. */
const defaultCluster = 'default'

/** The environment whose cluster the request names. */
export function environmentAsked(
  { backend }: RequestContext,
  cluster: string = defaultCluster,
): ComputeEnvironment | Refusal {
  return environmentOfCluster(backend.loop.state, cluster) ?? notFound
}

const notFound: Refusal = { kind: 'refusal', code: 'ClusterNotFoundException', message: 'Cluster not found.' }

export function clusterArn({ region, account }: Account, environment: ComputeEnvironment): string {
  return `arn:aws:ecs:${region}:${account}:cluster/${clusterName(environment)}`
}

/** The ARN of each: what the request names by its id alone is in the request's cluster. */
export function arnsIn(
  { region, account }: Account,
  kind: 'task' | 'container-instance',
  cluster: string = defaultCluster,
  names: readonly string[],
): string[] {
  const inCluster = cluster.slice(cluster.lastIndexOf('/') + 1)
  const full = (name: string) =>
    name.startsWith('arn:') ? name : `arn:aws:ecs:${region}:${account}:${kind}/${inCluster}/${name}`
  return [...new Set(names.map(full))]
}

export function complainOfNumber(what: string, names: readonly unknown[]): Refusal | undefined {
  if (names.length === 0) return invalid(`${what} can not be empty.`)
  if (names.length > limits.ecsDescribed) return invalid(`${what} can have at most ${limits.ecsDescribed} items.`)
  return undefined
}

function invalid(message: string): Refusal {
  return { kind: 'refusal', code: 'InvalidParameterException', message }
}
