import { describe, expect, it, test } from 'vitest'
import { type HostAccess, nothingOfTheHost } from '../../../model/host-access.ts'
import { escapes, ofContainer, ofPath, ofPod } from './escapes.testing.ts'
import { hostRefusals, type WorkloadMembers } from './host-access.ts'

const someData: HostAccess = {
  ...nothingOfTheHost,
  hostPaths: [
    { path: '/data', readOnly: false },
    { path: '/data/shared', readOnly: true },
  ],
}

describe('a job of an ordinary user does not get', () => {
  it.each(escapes)('%s', (_title, member, workload) => {
    expect(hostRefusals(workload, nothingOfTheHost)).not.toEqual([])
    const refusals = hostRefusals(workload, someData)
    expect(refusals.map((it) => it.member)).toEqual([member])
    expect(refusals[0]!.why).toMatch(/^\S.*[^.]$/s)
  })

  test('these are named, once each, and more than sixty', () => {
    const titles = escapes.map(([title]) => title)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThanOrEqual(60)
  })
})

test.each<[string, Partial<HostAccess>, WorkloadMembers]>([
  ['privileged', { privileged: true }, ofContainer({ privileged: true })],
  ['a device', { devices: ['/dev/kvm'] }, ofContainer({ linuxParameters: { devices: [{ hostPath: '/dev//kvm' }] } })],
  ['a priority', { ulimits: ['nice'] }, ofContainer({ ulimits: [{ name: 'nice', softLimit: 40, hardLimit: 40 }] })],
  [
    'root on host paths',
    { hostPaths: [{ path: '/data', readOnly: false }], rootOnHostPaths: true },
    ofPath('/data', { user: '' }),
  ],
  ['a guarded path', { hostPaths: [{ path: '/dev/shm', readOnly: false }] }, ofPath('/dev/shm/lab')],
  [
    'file systems',
    { fileSystems: true },
    ofContainer({ volumes: [{ efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] }),
  ],
  ['the network', { hostNamespaces: ['network'] }, ofPod({ hostNetwork: true })],
  [
    'the processes',
    { hostNamespaces: ['pid'] },
    { ecsProperties: { taskProperties: [{ containers: [], pidMode: 'host' }] } },
  ],
  [
    'the memory',
    { hostNamespaces: ['ipc'] },
    { ecsProperties: { taskProperties: [{ containers: [], ipcMode: 'host' }] } },
  ],
])('a grant of %s allows it, and nothing else does', (_title, granted, workload) => {
  expect(hostRefusals(workload, { ...nothingOfTheHost, ...granted })).toEqual([])
  expect(hostRefusals(workload, nothingOfTheHost)).not.toEqual([])
})

const readOnly = { mountPoints: [{ sourceVolume: 'v', containerPath: '/v', readOnly: true }] }

test.each<[string, WorkloadMembers]>([
  ['nothing at all', {}],
  ['a throw-away volume', ofContainer({ volumes: [{ name: 'v' }, { name: 'w', host: {} }] })],
  ['scratch space', ofPath('/docker_scratch', { user: 'root' })],
  ['scratch space, with a slash', ofPath('/docker_scratch/', { user: 'root' })],
  ['a path of the allow-list', ofPath('/data')],
  ['a path below the allow-list, spelt otherwise', ofPath('//data/./ada//')],
  ['a path for reading', ofPath('/data/shared/genomes', readOnly)],
  ['a path for writing, for reading', ofPath('/data/ada', readOnly)],
  ['root without a host path', ofContainer({ user: 'root' })],
  ['a user and a group on a host path', ofPath('/data', { user: '1000:1000' })],
  ['a declared host path that is not mounted, as root', ofPath('/data', { user: 'root', mountPoints: [] })],
  [
    'a plain tmpfs',
    ofContainer({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1, mountOptions: ['noexec'] }] } }),
  ],
  ['limits of its own', ofContainer({ ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 1 }] })],
  ['variables of its own', ofContainer({ environment: [{ name: 'LD_PRELOAD', value: 'x' }, { name: 'AWS_REGION' }] })],
  [
    'a log group and a prefix',
    ofContainer({
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/lab/doe', 'awslogs-stream-prefix': 'a..b' },
      },
    }),
  ],
  ['a log of another kind', ofContainer({ logConfiguration: { logDriver: 'json-file' } })],
  [
    'a log by the network',
    ofContainer({ logConfiguration: { logDriver: 'fluentd', options: { 'fluentd-address': 'tcp://logs:24224' } } }),
  ],
  ['an emptyDir', ofPod({ volumes: [{ name: 'v', emptyDir: {} }] })],
  [
    'a pod that gives rights up',
    ofPod({
      containers: [
        { image: 'x', securityContext: { allowPrivilegeEscalation: false, privileged: false, runAsUser: 0 } },
      ],
    }),
  ],
])('a job of an ordinary user gets %s', (_title, workload) => {
  expect(hostRefusals(workload, someData)).toEqual([])
})

test('an entry of the allow-list that only contains a guarded path does not allow it', () => {
  const access = { ...someData, hostPaths: [{ path: '/', readOnly: false }] }
  expect(hostRefusals(ofPath('/srv/data'), access)).toEqual([])
  expect(hostRefusals(ofPath('/'), access)).toMatchObject([{ why: '/ contains /proc' }])
  expect(hostRefusals(ofPath('/run/docker.sock'), access)).toMatchObject([
    { why: '/run/docker.sock lies in /run, which gives the host away' },
  ])
  const socket = { ...access, hostPaths: [{ path: '/run/docker.sock', readOnly: false }] }
  expect(hostRefusals(ofPath('/run/docker.sock'), socket)).toEqual([])
  expect(hostRefusals(ofPath('/run'), socket)).toHaveLength(1)
})

test('all that is refused is said, in the order of the members', () => {
  const workload = ofContainer({
    privileged: true,
    volumes: [{ name: 'v', host: { sourcePath: '/etc' } }],
    mountPoints: [{ sourceVolume: 'v', containerPath: '/etc' }],
    linuxParameters: { devices: [{ hostPath: '/dev/mem' }] },
  })
  expect(hostRefusals(workload, nothingOfTheHost).map(({ member }) => member)).toEqual([
    'containerProperties.volumes[0].host.sourcePath',
    'containerProperties.privileged',
    'containerProperties.user',
    'containerProperties.linuxParameters.devices[0].hostPath',
  ])
})

test('a sentence is not broken by what a user wrote', () => {
  const [refusal] = hostRefusals(ofPath('/x"\n y'), nothingOfTheHost)
  expect(refusal!.why).toBe('"/x\\"\\n y" has a control character in it')
})
