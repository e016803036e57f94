import { describe, expect, it } from 'vitest'
import type { MountSpec } from '../driver.ts'
import { inOrder, isSystem, needOf } from './mounting.ts'

const scratch = (containerPath: string) => ({ kind: 'scratch', volume: 'v', containerPath, readOnly: false }) as const
const host = (sourcePath: string, containerPath: string, readOnly = false) =>
  ({ kind: 'host', sourcePath, containerPath, readOnly }) as const

const leadsBack = { why: 'cannot mount at /a/../etc, because it has .. in it' }

describe('needOf', () => {
  it.each<[string, MountSpec, unknown, unknown]>([
    ['scratch space at /tmp', scratch('/tmp/'), 'mount', 'told'],
    ['scratch space elsewhere', scratch('/data'), 'mount', { why: 'cannot mount scratch space at /data' }],
    ['a path under its own name', host('/data', '/data/'), 'none', 'none'],
    ['the same, read-only', host('/data', '/data', true), 'mount', 'told'],
    ['a part of the system under its own name', host('/usr', '/usr', true), 'told', 'told'],
    ['another name', host('/data', '/input'), 'mount', { why: 'cannot mount /data at /input' }],
    [
      'the place of the system',
      host('/data', '/etc/'),
      { why: 'mounts nothing at /etc/, where the system is' },
      { why: 'cannot mount /data at /etc/' },
    ],
    ['a path that leads back', scratch('/a/../etc'), leadsBack, leadsBack],
  ])('%s', (_, mount, mounting, notMounting) => {
    expect([needOf(mount, true), needOf(mount, false)]).toEqual([mounting, notMounting])
  })
})

it('keeps the system out of reach, and what contains it', () => {
  for (const path of ['/', '/usr', '/usr/local', '/usr/local/bin', '/etc/ld.so.preload', '/lib64', '/proc/1', '/run'])
    expect(isSystem(path), path).toBe(true)
  for (const path of [
    '/tmp',
    '/usr/local/aws-cli',
    '/usr/local/aws-cli/v2',
    '/home/ec2-user/miniconda',
    '/etcetera',
    '/var',
  ])
    expect(isSystem(path), path).toBe(path === '/var')
})

it('mounts what another mount hides first, and a directory before what is below it', () => {
  const mount = (source: string, target: string) => ({ source, target, readOnly: false })
  const below = mount('/b', '/data/below')
  const [tmp, hidden, data] = [mount('/scratch', '/tmp'), mount('/tmp/reference', '/reference'), mount('/a', '/data')]
  expect(inOrder([below, tmp, hidden, data])).toEqual([hidden, tmp, data, below])
})
