import { expect, it } from 'vitest'
import type { AttemptSpec } from '../driver.ts'
import { type ContainerPlacing, containerBody } from './container-body.ts'
import type { EngineFacts } from './engine-facts.ts'
import { namesOf } from './names.ts'

const mib = 1024 * 1024
const facts: EngineFacts = {
  ...{ memoryBytes: 16_000 * mib, kernel: undefined },
  ...{ vcpus: 8, memoryMib: 16_000, architecture: 'x86_64', cgroupVersion: 1, version: '28.0.0', rootless: false },
  ...{ limitsMemory: true, limitsSwap: true, limitsCpu: true, logDrivers: ['local', 'json-file'] },
}
const placing: ContainerPlacing = {
  ...{ installationId: 'here', networkMode: 'host', gpuIds: [], pidsLimit: 100 },
  scratchPath: (volume) => `/data/scratch/${volume}`,
}
const spec: AttemptSpec = {
  ...{
    name: 'job-1',
    jobId: 'job',
    attempt: 1,
    image: 'tool',
    command: [],
    environment: { A: '1', B: 'x=y' },
    gpus: 0,
  },
  ...{ vcpus: 2, cpuIsHardLimit: false, memoryMib: 512, privileged: false, readonlyRootFilesystem: false },
  ...{ mounts: [], ulimits: [], labels: { 'openbatch.installation': 'forged' } },
}

interface Body {
  Cmd?: string[]
  Env: string[]
  Labels: Record<string, string>
  HostConfig: Record<string, unknown> & { Binds: string[]; Mounts?: object[]; LogConfig: { Type: string } }
}
const body = (changes: Partial<AttemptSpec> = {}, engine = facts, where = placing) =>
  containerBody({ ...spec, ...changes }, engine, where) as Body

it('keeps the image’s own command and user unless the job names others', () => {
  expect(body()).not.toHaveProperty('Cmd')
  expect(body()).not.toHaveProperty('User')
  expect(body({ command: ['a'] }).Cmd).toEqual(['a'])
  expect(body().Env).toEqual(['A=1', 'B=x=y'])
})

it('the driver’s own labels win', () => {
  expect(body().Labels).toMatchObject({ 'openbatch.installation': 'here', 'openbatch.attempt': 'job-1' })
})

it('weighs CPUs within the kernel’s bounds, and limits them only where asked and possible', () => {
  expect(body().HostConfig).toMatchObject({ CpuShares: 2048 })
  expect(body().HostConfig).not.toHaveProperty('NanoCpus')
  expect(body({ vcpus: 1000 }).HostConfig).toMatchObject({ CpuShares: 262_144 })
  expect(body({ vcpus: 0.25, cpuIsHardLimit: true }).HostConfig).toMatchObject({
    CpuShares: 256,
    NanoCpus: 250_000_000,
  })
  expect(body({ vcpus: 99, cpuIsHardLimit: true }).HostConfig).toMatchObject({ NanoCpus: 8e9 })
  const without = body({ cpuIsHardLimit: true }, { ...facts, limitsCpu: false })
  expect(without.HostConfig).not.toHaveProperty('NanoCpus')
})

it('limits memory and swap by AWS’s rules', () => {
  expect(body({ memoryMib: 4 }).HostConfig).toMatchObject({ Memory: 6 * mib })
  expect(body().HostConfig).not.toHaveProperty('MemorySwap')
  const swap = (maxSwapMib: number) => ({ linux: { maxSwapMib, swappiness: 10 } })
  expect(body(swap(0)).HostConfig).toMatchObject({ MemorySwap: 512 * mib, MemorySwappiness: 10 })
  expect(body(swap(100)).HostConfig).toMatchObject({ MemorySwap: 612 * mib })
  expect(body(swap(100), { ...facts, limitsSwap: false }).HostConfig).not.toHaveProperty('MemorySwap')
  expect(body(swap(100), { ...facts, cgroupVersion: 2 }).HostConfig).not.toHaveProperty('MemorySwappiness')
})

it('mounts host paths by the operator’s map, scratch, and paths with colons', () => {
  const { HostConfig } = body({
    mounts: [
      { kind: 'host', sourcePath: '/real/below', containerPath: '/a', readOnly: true },
      { kind: 'scratch', volume: 'v', containerPath: '/tmp', readOnly: false },
      { kind: 'host', sourcePath: '/c:d', containerPath: '/e', readOnly: false },
    ],
  })
  expect(HostConfig.Binds).toEqual(['/real/below:/a:ro', '/data/scratch/v:/tmp'])
  expect(HostConfig.Mounts).toEqual([{ Type: 'bind', Source: '/c:d', Target: '/e', ReadOnly: false }])
})

it('requests exactly the GPUs that the attempt was given, and labels the container with them', () => {
  const made = body({ gpus: 2 }, facts, { ...placing, gpuIds: ['1', '3'] })
  expect(made.HostConfig.DeviceRequests).toEqual([{ Driver: '', DeviceIDs: ['1', '3'], Capabilities: [['gpu']] }])
  expect(made.Labels['openbatch.gpus']).toBe('1,3')
  expect(body().HostConfig).not.toHaveProperty('DeviceRequests')
})

it('requests GPUs for a part of a group as for any attempt, in the group’s network', () => {
  const group = { name: 'job-1', ownAddress: true }
  const made = body({ gpus: 1, group }, facts, { ...placing, networkMode: 'container:holder', gpuIds: ['2'] })
  expect(made.HostConfig).toMatchObject({
    NetworkMode: 'container:holder',
    DeviceRequests: [{ Driver: '', DeviceIDs: ['2'], Capabilities: [['gpu']] }],
  })
  expect(made.Labels).toMatchObject({ 'openbatch.group': 'job-1', 'openbatch.own-address': 'true' })
  const plain = body({ group: { name: 'job-1', ownAddress: false } })
  expect(plain.Labels).not.toHaveProperty('openbatch.own-address')
  expect(body().Labels).not.toHaveProperty('openbatch.group')
})

it('replaces the image’s ENTRYPOINT, and forbids new privileges, only on request', () => {
  expect(body({ entryPoint: ['/bin/sh', '-c'], command: ['true'] })).toMatchObject({
    ...{ Entrypoint: ['/bin/sh', '-c'], Cmd: ['true'] },
  })
  expect(body({ entryPoint: [] })).not.toHaveProperty('Entrypoint')
  expect(body({ noNewPrivileges: true }).HostConfig).toMatchObject({ SecurityOpt: ['no-new-privileges'] })
  expect(body({ noNewPrivileges: false }).HostConfig).not.toHaveProperty('SecurityOpt')
  expect(body().HostConfig).toMatchObject({ SecurityOpt: ['no-new-privileges'] })
  expect(body({ privileged: true }).HostConfig).not.toHaveProperty('SecurityOpt')
  expect(body({ privileged: true, noNewPrivileges: true }).HostConfig).toMatchObject({
    SecurityOpt: ['no-new-privileges'],
  })
})

it('gives no job raw sockets on the network that jobs share, unless it is privileged', () => {
  expect(body().HostConfig).toMatchObject({ CapDrop: ['NET_RAW'] })
  expect(body({ privileged: true }).HostConfig).not.toHaveProperty('CapDrop')
})

it('sends the registry’s credentials only to the registry', () => {
  const registryAuth = { username: 'robot', password: 'hush-hush' }
  expect(JSON.stringify(body({ registryAuth }))).not.toContain('hush')
})

it('never rotates output away', () => {
  expect(body().HostConfig.LogConfig).toMatchObject({ Type: 'local', Config: { 'max-file': '1' } })
  expect(body({}, { ...facts, logDrivers: ['json-file'] }).HostConfig.LogConfig).toEqual({
    Type: 'json-file',
    Config: {},
  })
})

it('two installations never make the same name', () => {
  const [one, other] = [namesOf('a'), namesOf('a-b')]
  expect(one.container('b-c')).not.toBe(other.container('c'))
  expect(one.container('x')).toBe('openbatch-a-x')
  expect(one.groupHolder('x')).not.toBe(one.container('group.x'))
  expect(one.groupHolder('b-c')).not.toBe(other.groupHolder('c'))
  expect(() => namesOf('')).toThrow('installation id')
})

it('bounds the number of processes, adds no right and shares no namespace but the network that the driver gives', () => {
  const { HostConfig } = body()
  expect(HostConfig).toMatchObject({ PidsLimit: 100, Privileged: false, NetworkMode: 'host' })
  for (const member of [
    'CapAdd',
    'PidMode',
    'IpcMode',
    'UTSMode',
    'UsernsMode',
    'CgroupnsMode',
    'Sysctls',
    'VolumeDriver',
  ])
    expect(HostConfig).not.toHaveProperty(member)
})

it('mounts what vouches for the server, and names it in the variables that the job does not set', () => {
  const trustFile = '/data/tls/trust.pem'
  const mount = '/data/tls/trust.pem:/etc/openbatch/trust.pem:ro'
  const trusting = body({ trustFile })
  expect(trusting.HostConfig.Binds).toEqual([mount])
  expect(trusting.Env.slice(0, 2)).toEqual([
    'AWS_CA_BUNDLE=/etc/openbatch/trust.pem',
    'NODE_EXTRA_CA_CERTS=/etc/openbatch/trust.pem',
  ])
  const environment = { AWS_CA_BUNDLE: '/mine.pem' }
  expect(body({ trustFile, environment }).Env).toEqual([
    'NODE_EXTRA_CA_CERTS=/etc/openbatch/trust.pem',
    'AWS_CA_BUNDLE=/mine.pem',
  ])
  const own = (containerPath: string) =>
    body({ trustFile, mounts: [{ kind: 'scratch', volume: 'v', containerPath, readOnly: false }] })
  expect(own('/etc/').Env).toEqual(['A=1', 'B=x=y'])
  expect(own('/etc/openbatch').HostConfig.Binds).toEqual(['/data/scratch/v:/etc/openbatch'])
  expect(own('/et').HostConfig.Binds).toContain(mount)
})
