/** The hosts of a compute environment as ECS shows the container instances of a cluster. */
import { clusterName, containerInstanceArn } from '../../model/arn.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { ContainerInstance, Resource } from '../../model/generated/ecs.ts'
import type { Resources } from '../../model/resources.ts'
import { isGone, type Slot } from '../state/host-index.ts'
import type { State } from '../state/state.ts'
import { instanceTypeOf } from './ec2.ts'

const cpuUnits = 1024

/** By name or ARN; undefined for a cluster of no environment. */
export function environmentOfCluster(state: State, cluster: string): ComputeEnvironment | undefined {
  const name = /^arn:aws[a-z-]*:ecs:[a-z0-9-]*:([0-9]*):cluster\/(.+)$/.exec(cluster)
  if (name && name[1] !== state.account.account) return undefined
  const wanted = name?.[2] ?? cluster
  return [...state.computeEnvironments.values()].find((environment) => clusterName(environment) === wanted)
}

/** By ARN. An environment on Fargate has none. */
export function containerInstances(state: State, environment: ComputeEnvironment): Map<string, ContainerInstance> {
  const index = environment.fargate ? undefined : state.drivers.get(environment.driver)?.index
  const cluster = clusterName(environment)
  return new Map(
    [...(index?.slots() ?? [])].map((slot) => {
      const instance = containerInstance(state, environment.name, cluster, slot)
      return [instance.containerInstanceArn!, instance]
    }),
  )
}

function containerInstance(state: State, environment: string, cluster: string, slot: Slot): ContainerInstance {
  const { account } = state
  const { host, free, tenants } = slot
  const isConnected = !isGone(slot)
  const running = [...tenants.values()].filter(({ attempt }) => attempt.computeEnvironment === environment)
  return {
    containerInstanceArn: containerInstanceArn(account, cluster, host.instanceId),
    ec2InstanceId: host.instanceId,
    status: isConnected ? 'ACTIVE' : 'DRAINING',
    agentConnected: isConnected,
    registeredResources: resourcesOf(host.capacity),
    remainingResources: resourcesOf(free),
    runningTasksCount: running.length,
    pendingTasksCount: 0,
    attributes: [
      { name: 'ecs.instance-type', value: instanceTypeOf(host.capacity) },
      { name: 'ecs.availability-zone', value: `${account.region}a` },
    ],
    ...{ attachments: [], tags: [] },
  }
}

function resourcesOf({ vcpus, memoryMib }: Resources): Resource[] {
  const whole = (name: string, value: number) => ({ name, type: 'INTEGER', integerValue: Math.max(0, value) })
  return [whole('CPU', Math.floor(vcpus * cpuUnits)), whole('MEMORY', Math.floor(memoryMib))]
}
