import { expect, it, test } from 'vitest'
import type { Volume } from '../../model/generated/batch.ts'
import { nothingOfTheHost } from '../../model/host-access.ts'
import { hostPathMapOf } from '../../model/host-path-map.ts'
import { grantedPaths, mountsOf } from './mounts.ts'

const access = {
  ...nothingOfTheHost,
  paths: hostPathMapOf(
    new Map([
      ['/asked', { kind: 'host', to: '/real' }],
      ['/old', { kind: 'refused', why: 'the disk is gone' }],
    ]),
  ),
  fileSystemMap: new Map([['fs-1', '/shared']]),
}
const settings = {
  ...{ access, instanceId: 'i-1' },
  supply: async (what: string, containerPath: string, instanceId: string) =>
    `/of/${what}${containerPath}/${instanceId}`,
}
const mounts = (...volumes: Volume[]) =>
  mountsOf(
    {
      volumes: volumes.map((volume, index) => ({ name: `v${index}`, ...volume })),
      mountPoints: volumes.map((_, index) => ({ sourceVolume: `v${index}`, containerPath: `/m${index}` })),
    },
    settings,
  )
const path = (sourcePath: string): Volume => ({ host: { sourcePath } })

it('gives each volume its place', async () => {
  const at = (index: number) => ({ containerPath: `/m${index}`, readOnly: false })
  expect(
    await mounts(
      path('/asked/x'),
      path('/docker_scratch'),
      path('/docker_scratch/'),
      {},
      { efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/lab' } },
      path('/usr/local/aws-cli'),
    ),
  ).toEqual([
    { kind: 'host', sourcePath: '/real/x', ...at(0) },
    // Two volumes of one path share a directory, which no volume's own name can name.
    { kind: 'scratch', volume: '/docker_scratch', ...at(1) },
    { kind: 'scratch', volume: '/docker_scratch', ...at(2) },
    { kind: 'scratch', volume: 'v3', ...at(3) },
    {
      kind: 'host',
      sourcePath: '/shared/lab',
      ...at(4),
      mustExist: expect.stringMatching(/mounting fs-1:\/lab failed, .* No such file/),
    },
    { kind: 'host', sourcePath: '/of/aws/m5/i-1', containerPath: '/m5', readOnly: true, isSupplied: true },
  ])
})

it.each<[Volume, RegExp]>([
  [path('/old/data'), /^the host path \/old\/data is refused here: the disk is gone$/],
  [{ efsVolumeConfiguration: { fileSystemId: 'fs-9' } }, /fs-9 is mapped to no directory/],
])('says why a volume has no place', async (volume, why) => {
  expect(await mounts(volume)).toEqual({ why: expect.stringMatching(why) })
})

test('grants hold for the paths that mounts really have', () => {
  const granted = [
    { path: '/asked/x', readOnly: true },
    { path: '/data', readOnly: false },
  ]
  expect(grantedPaths({ ...access, fileSystems: true, hostPaths: granted })).toEqual([
    { path: '/real/x', readOnly: true },
    { path: '/data', readOnly: false },
    { path: '/shared', readOnly: false },
  ])
  // A link in a granted directory must not lead there without a grant.
  expect(grantedPaths({ ...access, hostPaths: [] })).toEqual([])
})
