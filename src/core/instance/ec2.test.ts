/** Hosts as EC2's instances, and the filters over them. */
import { expect, test } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { makeWorld } from '../world.testing.ts'
import { ec2Hosts, ec2Instance, ec2InstanceTypes, instanceTypeOf } from './ec2.ts'
import { filtered, instanceFacts } from './ec2-filters.ts'

const { state } = makeWorld()
const hosts = ec2Hosts(state)
const instances = hosts.map((host) => ec2Instance(state, host, () => '10.0.0.7'))

test('a host is a running instance with what it has', () => {
  const [first] = hosts
  expect(instances[0]).toEqual({
    ...{ InstanceId: first!.instanceId, InstanceType: instanceTypeOf(first!.capacity) },
    ...{ State: { Code: 16, Name: 'running' }, PrivateDnsName: first!.hostName, PrivateIpAddress: '10.0.0.7' },
    Placement: { AvailabilityZone: 'us-west-2a', Tenancy: 'default' },
    CpuOptions: { CoreCount: first!.capacity.vcpus, ThreadsPerCore: 1 },
    Tags: [
      { Key: 'Name', Value: first!.hostName },
      { Key: 'openbatch:driver', Value: 'scripted' },
    ],
  })
})

test('the name of a type says what its hosts have', () => {
  expect(instanceTypeOf({ vcpus: 16, memoryMib: 65_536, gpus: 0 })).toBe('openbatch.16x64')
  expect(instanceTypeOf({ vcpus: 2, memoryMib: 3890, gpus: 4 })).toBe('openbatch.2x3.8x4')
  const types = ec2InstanceTypes([...hosts, ...hosts])
  expect(types.map(({ InstanceType }) => InstanceType)).toEqual([
    ...new Set(instances.map(({ InstanceType }) => InstanceType)),
  ])
  expect(types[0]).toMatchObject({ VCpuInfo: { DefaultVCpus: hosts[0]!.capacity.vcpus } })
})

test.each([
  ['instance-id', [instances[0]!.InstanceId!], true],
  ['tag:Name', ['*'], true],
  ['tag:Name', [`${instances[0]!.PrivateDnsName!.slice(0, 1)}*`], true],
  ['tag:Name', [`${instances[0]!.PrivateDnsName!.slice(0, -1)}?`], true],
  ['tag:Name', ['\\*'], false],
  ['tag:name', ['*'], false],
  ['tag-key', ['no', 'openbatch:*'], true],
  ['instance-state-name', ['stopped'], false],
  ['instance-state-code', ['16'], true],
])('the filter %s with %j', (Name, Values, matches) => {
  const found = filtered(instances.slice(0, 1), [{ Name, Values }], instanceFacts)
  expect(found).toHaveLength(matches ? 1 : 0)
})

test('every filter must hold, and one that is not known refuses', () => {
  const id = { Name: 'instance-id', Values: [instances[0]!.InstanceId!] }
  expect(filtered(instances, [id, { Name: 'instance-type', Values: ['m5.*'] }], instanceFacts)).toEqual([])
  const refused = filtered(instances, [{ Name: 'colour', Values: ['x'] }], instanceFacts)
  expect(isRefusal(refused) && refused.message).toBe("The filter 'colour' is invalid")
})

test('there may be as many values as EC2 takes, over all filters', () => {
  const of = (Name: string, values: number) => ({ Name, Values: Array.from({ length: values }, (_, n) => `i-${n}`) })
  expect(filtered(instances, [of('instance-id', 99), of('tag:Name', 99)], instanceFacts)).toEqual([])
  const refused = { code: 'FilterLimitExceeded', message: expect.stringContaining('on a single call is 200') }
  expect(filtered(instances, [of('instance-id', 100), of('tag:Name', 100)], instanceFacts)).toMatchObject(refused)
  expect(
    filtered(
      instances,
      Array.from({ length: 201 }, () => of('colour', 0)),
      instanceFacts,
    ),
  ).toMatchObject(refused)
})

test('many stars take no longer than their number times the text', () => {
  const Values = [`${'*a'.repeat(100)}b`]
  const long = [{ PrivateDnsName: 'a'.repeat(2000) }]
  expect(filtered(long, [{ Name: 'private-dns-name', Values }], instanceFacts)).toEqual([])
})
