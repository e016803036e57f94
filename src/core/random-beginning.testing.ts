/** How every random life begins: the hosts, environments, queues and resources of its world. */

import { createConsumableResource } from './consumable-resource/decide.ts'
import { driverSeen } from './instance/driver-seen.ts'
import { registerJobDefinition } from './job-definition/decide.ts'
import type { Living } from './random-world.testing.ts'
import { createSchedulingPolicy } from './scheduling-policy/decide.ts'
import type { Rules } from './state/state.ts'
import {
  environmentRequest,
  hostOf,
  makeWorld,
  needs,
  type OnEvents,
  queueRequest,
  spotEnvironmentRequest,
  type World,
} from './world.testing.ts'

/**
 * A world with three environments, one of them spot, and queues on them. `urgent` falls back on the
 * other's environment, `cheap` has only spot, `thrifty` has spot first, `mixed` has spot last, and
 * `fair` has shares.
 */
export function makeRandomWorld(onEvents?: OnEvents, rules?: Rules, sharesHosts = false): World {
  const kind = JSON.stringify([rules, sharesHosts])
  const world = makeWorld(onEvents, rules, !checkedBeginnings.has(kind))
  checkedBeginnings.add(kind)
  if (sharesHosts) world.do(driverSeen({ driver: twin, health: { kind: 'healthy' }, hosts: [] }))
  seeHosts(world, allHosts)
  world.do(
    sharesHosts ? environmentRequest('small', 3, {}, { 'openbatch:driver': twin }) : environmentRequest('small', 3),
  )
  world.do(spotEnvironmentRequest('spare', 24, 60))
  world.settle()
  world.do(
    createSchedulingPolicy({
      name: 'policy',
      fairsharePolicy: {
        shareDecaySeconds: 600,
        computeReservation: 30,
        shareDistribution: [
          { shareIdentifier: 'a*', weightFactor: 2 },
          { shareIdentifier: 'b', weightFactor: 0.5 },
        ],
      },
    }),
  )
  world.do(queueRequest('urgent', ['small', 'ce'], 9))
  world.do(queueRequest('cheap', ['spare'], 7))
  world.do(queueRequest('thrifty', ['spare', 'ce'], 5))
  world.do(queueRequest('mixed', ['ce', 'spare'], 3))
  world.do(queueRequest('fair', ['ce'], 4, 'policy'))
  world.settle()
  const nodeRangeProperties = [
    { targetNodes: '0', container: { image: 'busybox', resourceRequirements: needs(1, 128) } },
    { targetNodes: '1:', container: { image: 'busybox', resourceRequirements: needs(3, 256) } },
  ]
  const nodeProperties = { numNodes: 3, mainNode: 0, nodeRangeProperties }
  world.do(registerJobDefinition({ jobDefinitionName: 'nodes', type: 'multinode', nodeProperties }, 'ada'))
  for (const name of consumableNames) world.do(createConsumable(name))
  world.checksEachStep = true
  return world
}

/**
 * The beginnings that were checked step by step. A property makes a hundred worlds, and all begin
 * alike.
 */
const checkedBeginnings = new Set<string>()

export const allHosts = [
  hostOf('h1'),
  hostOf('large', { vcpus: 16 }),
  hostOf('h2', { vcpus: 8, memoryMib: 1024 }),
  hostOf('h3', { vcpus: 6, memoryMib: 4096, gpus: 2 }),
]
/** A driver on the same machines as `scripted`, if there is one: `small` is on it. */
const twin = 'twin'

export function seeHosts(world: Living, hosts: readonly ReturnType<typeof hostOf>[]): void {
  const shared = world.state.drivers.has(twin)
  const machines = hosts.map((host) => (shared ? { ...host, machine: host.hostName } : host))
  world.try(driverSeen({ driver: 'scripted', health: { kind: 'healthy' }, hosts: machines }))
  // Between the two reports the drivers offer different hosts, as when one machine has just
  // changed.
  if (shared) world.try(driverSeen({ driver: twin, health: { kind: 'healthy' }, hosts: machines }))
}

/** One returns when a job ends, and the other is used up. */
export const consumableNames = ['license', 'token'] as const

export function createConsumable(consumableResourceName: string) {
  const resourceType = consumableResourceName === 'token' ? 'NON_REPLENISHABLE' : 'REPLENISHABLE'
  return createConsumableResource({ consumableResourceName, totalQuantity: 4, resourceType })
}
