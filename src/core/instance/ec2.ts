/**
 * The hosts as EC2 shows instances. A type's name says what a host has, for no type of AWS's fits a
 * machine of one's own: `openbatch.16x64` has 16 vCPUs and 64 GiB, `openbatch.16x64x2` two GPUs too.
 */
import type { Instance, InstanceTypeInfo } from '../../model/generated/ec2.ts'
import type { Resources } from '../../model/resources.ts'
import { isGone } from '../state/host-index.ts'
import { indexesOf, type State } from '../state/state.ts'

const mibPerGib = 1024

export interface Ec2Host {
  readonly instanceId: string
  readonly hostName: string
  /** All names, for a machine that several drivers offer. */
  readonly drivers: readonly string[]
  readonly capacity: Resources
  readonly isOffered: boolean
}

/** Every host, by instance id. */
export function ec2Hosts(state: State): Ec2Host[] {
  const hosts = [...indexesOf(state)].flatMap(([index, drivers]) =>
    [...index.slots()].map((slot) => ({
      instanceId: slot.host.instanceId,
      hostName: slot.host.hostName,
      drivers: drivers.map(({ name }) => name),
      capacity: slot.host.capacity,
      isOffered: !isGone(slot),
    })),
  )
  return hosts.sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1))
}

export function instanceTypeOf({ vcpus, memoryMib, gpus }: Resources): string {
  const gib = Number((memoryMib / mibPerGib).toFixed(1))
  return `openbatch.${[vcpus, gib, ...(gpus > 0 ? [gpus] : [])].join('x')}`
}

/** `addressOf` knows the IPv4 addresses of hosts, as far as somebody does. */
export function ec2Instance(
  { account }: Pick<State, 'account'>,
  host: Ec2Host,
  addressOf: (hostName: string) => string | undefined,
): Instance {
  const { instanceId, hostName, drivers, capacity, isOffered } = host
  const address = addressOf(hostName)
  return {
    InstanceId: instanceId,
    InstanceType: instanceTypeOf(capacity),
    // A host that is no longer offered ends with what still runs on it.
    State: isOffered ? { Code: 16, Name: 'running' } : { Code: 32, Name: 'shutting-down' },
    Placement: { AvailabilityZone: `${account.region}a`, Tenancy: 'default' },
    PrivateDnsName: hostName,
    ...(address === undefined ? {} : { PrivateIpAddress: address }),
    CpuOptions: { CoreCount: capacity.vcpus, ThreadsPerCore: 1 },
    Tags: [
      { Key: 'Name', Value: hostName },
      { Key: 'openbatch:driver', Value: drivers.join(', ') },
    ],
  }
}

/** The types of the hosts that are offered, by name. */
export function ec2InstanceTypes(hosts: readonly Ec2Host[]): InstanceTypeInfo[] {
  const byName = new Map<string, Resources>()
  for (const { capacity, isOffered } of hosts) if (isOffered) byName.set(instanceTypeOf(capacity), capacity)
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, capacity]) => typeInfo(name, capacity))
}

function typeInfo(name: string, { vcpus, memoryMib, gpus }: Resources): InstanceTypeInfo {
  return {
    InstanceType: name,
    CurrentGeneration: true,
    BareMetal: true,
    SupportedUsageClasses: ['on-demand', 'spot'],
    VCpuInfo: { DefaultVCpus: vcpus, DefaultCores: vcpus, DefaultThreadsPerCore: 1 },
    MemoryInfo: { SizeInMiB: memoryMib },
    ...(gpus > 0 ? { GpuInfo: { Gpus: [{ Count: gpus }] } } : {}),
  }
}
