import { describe, expect, it } from 'vitest'
import { placeOfFileSystem } from './file-systems.ts'
import type { EFSVolumeConfiguration } from './generated/batch.ts'

const map = new Map([
  ['fs-1', '/shared/one'],
  ['fsap-1', '/shared/one/lab'],
  ['arn:aws:s3files:us-west-2:123456789012:file-system/fs-2', '/shared/two'],
  ['fs-root', '/'],
])
const efs = (of: Partial<EFSVolumeConfiguration>) =>
  placeOfFileSystem({ efsVolumeConfiguration: { fileSystemId: 'fs-1', ...of } }, map)
const point = (accessPointId: string) => ({ authorizationConfig: { accessPointId } })

describe('a volume of EFS', () => {
  it.each<[string, Partial<EFSVolumeConfiguration>, string]>([
    ['the whole of it', {}, '/shared/one'],
    ['its root by name', { rootDirectory: '/' }, '/shared/one'],
    ['a directory of it', { rootDirectory: '/data/genomes/' }, '/shared/one/data/genomes'],
    ['a directory without a slash', { rootDirectory: 'data' }, '/shared/one/data'],
    ['an access point', point('fsap-1'), '/shared/one/lab'],
    ['the root of the machine', { fileSystemId: 'fs-root', rootDirectory: '/data' }, '/data'],
  ])('is %s', (_title, of, path) => {
    expect(efs(of)).toMatchObject({ path })
  })

  it.each<[string, Partial<EFSVolumeConfiguration>, RegExp]>([
    ['another file system', { fileSystemId: 'fs-9' }, /^EFS file system fs-9 is mapped to no directory/],
    ['another access point of a mapped one', point('fsap-9'), /^EFS access point fsap-9 is mapped to no directory/],
    ['a way out', { rootDirectory: '/data/../../two' }, /has \.\. in it/],
    ['a way out without a slash', { rootDirectory: '../two' }, /has \.\. in it/],
    ['a zero byte', { rootDirectory: '/data\0' }, /control character/],
    ['a line break in an id', { fileSystemId: 'fs-1\n' }, /^EFS file system "fs-1\\n" is/],
  ])('is not %s', (_title, of, why) => {
    expect(efs(of)).toEqual({ why: expect.stringMatching(why) })
  })
})

it('finds S3 Files by ARN, by the id in it, and by access point', () => {
  const s3 = (fileSystemArn: string, accessPointArn?: string) =>
    placeOfFileSystem(
      { s3filesVolumeConfiguration: { fileSystemArn, ...(accessPointArn ? { accessPointArn } : {}) } },
      map,
    )
  expect(s3('arn:aws:s3files:us-west-2:123456789012:file-system/fs-2')).toMatchObject({ path: '/shared/two' })
  expect(s3('arn:aws:s3files:eu-west-1:1:file-system/fs-1')).toMatchObject({ path: '/shared/one' })
  expect(s3('arn:x/fs-1', 'arn:x/access-point/fsap-1')).toMatchObject({ path: '/shared/one/lab' })
  expect(s3('arn:x/fs-1', 'arn:x/access-point/fsap-2')).toHaveProperty('why')
})

it('says nothing of other volumes', () => {
  expect(placeOfFileSystem({ host: { sourcePath: '/x' } }, map)).toBeUndefined()
})
