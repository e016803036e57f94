/** What the operations of ECS read alike: the cluster, and ids or ARNs in it. */
import { environmentOfCluster } from '../../../core/instance/ecs.ts'
import { type Account, clusterName } from '../../../model/arn.ts'
import type { ComputeEnvironment } from '../../../model/compute-environment.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
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

type Kind = 'task' | 'container-instance'

/**
 * The ARN of each, as the operations write it: what the request names by its id alone, or by an ARN
 * of the old form, is in the request's cluster. An ARN of another account stays as it is, and is
 * nobody's here. ECS refuses the ARN of something else, and one of another cluster.
 */
export function arnsIn(of: Account, kind: Kind, cluster: string = defaultCluster, names: readonly string[]) {
  const inCluster = cluster.slice(cluster.lastIndexOf('/') + 1)
  const arns = new Set<string>()
  for (const name of names) {
    const arn = arnOf(of, kind, inCluster, name)
    if (isRefusal(arn)) return arn
    arns.add(arn)
  }
  return [...arns]
}

function arnOf({ region, account }: Account, kind: Kind, cluster: string, name: string): string | Refusal {
  const [, owner, kindNamed, path = ''] = /^arn:aws[a-z-]*:ecs:[a-z0-9-]*:([0-9]*):([^/]*)\/(.*)$/.exec(name) ?? []
  if (name.startsWith('arn:') && owner === undefined) return invalid(`Invalid identifier: ${name.slice(0, 200)}`)
  if (owner !== undefined && kindNamed !== kind)
    return invalid(`Unsupported resource type: ${kindNamed!.slice(0, 200)}`)
  const [id, clusterNamed = cluster] = (owner === undefined ? name : path).split('/').reverse()
  if (owner !== undefined && owner !== account) return name
  if (clusterNamed !== cluster) {
    const text = `Invalid identifier: Identifier is for cluster ${clusterNamed.slice(0, 255)}. Your cluster is ${cluster.slice(0, 255)}`
    return invalid(text)
  }
  return `arn:aws:ecs:${region}:${account}:${kind}/${cluster}/${id}`
}

/** What policies are asked about. A request that the handler refuses names nothing. */
export function resourcesIn(of: Account, kind: Kind, cluster: string | undefined, names: readonly string[]) {
  const arns = complainOfNumber('', names) ? [] : arnsIn(of, kind, cluster, names)
  return isRefusal(arns) || arns.length === 0 ? '*' : arns
}

/** `what` begins the refusal. */
export function complainOfNumber(what: string, names: readonly unknown[]): Refusal | undefined {
  if (names.length === 0) return invalid(`${what} cannot be empty.`)
  if (names.length > limits.ecsDescribed) return invalid(`${what} cannot have more than ${limits.ecsDescribed} items.`)
  return undefined
}

function invalid(message: string): Refusal {
  return { kind: 'refusal', code: 'InvalidParameterException', message }
}
