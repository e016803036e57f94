import { expect, it } from 'vitest'
import { mapHostPath } from './host-paths.ts'

const map = { '/opt/conda': '/srv/conda', '/opt/conda/bin': '/srv/bin/', '/var/lib/cloud/': '/srv/cloud' }

it.each([
  ['/opt/conda', '/srv/conda'],
  ['/opt/conda/', '/srv/conda'],
  ['/opt/conda/lib/x', '/srv/conda/lib/x'],
  ['/opt/conda/bin/aws', '/srv/bin/aws'],
  ['/opt/condaless', '/opt/condaless'],
  ['/var/lib/cloud/data/instance-id', '/srv/cloud/data/instance-id'],
  ['/elsewhere/', '/elsewhere/'],
])('%s is really %s', (requested, real) => {
  expect(mapHostPath(requested, map)).toBe(real)
})

it('can map everything', () => {
  expect(mapHostPath('/a/b', { '/': '/jail' })).toBe('/jail/a/b')
  expect(mapHostPath('/a/b', {})).toBe('/a/b')
})
