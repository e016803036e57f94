import { expect, it, test } from 'vitest'
import { placeOfHostPath } from '../../model/host-path-map.ts'
import { placesFrom, problemsOfPlaces } from './host-path-settings.ts'

const settings = (hostPaths: Record<string, unknown>, ofDocker: Record<string, unknown> = {}) => ({
  ...{ hostPaths, fileSystems: {} },
  drivers: { docker: { hostPaths: ofDocker }, scripted: {} },
})
const nothing = () => false

it('reads each kind of entry', () => {
  const { hostPaths } = placesFrom(
    settings({
      '/a/': '/b//c',
      '/d': { to: '/e' },
      '/f': { scratch: true },
      '/g': { supplied: 'aws' },
      '/h': { refused: 'it is gone' },
    }),
    [],
    nothing,
  )
  expect(['/a/x', '/d', '/f', '/g', '/h'].map((path) => placeOfHostPath(path, hostPaths))).toEqual([
    { kind: 'host', path: '/b/c/x' },
    { kind: 'host', path: '/e' },
    { kind: 'scratch', volume: '/f' },
    { kind: 'supplied', what: 'aws' },
    { kind: 'refused', why: 'it is gone' },
  ])
})

test("a driver's entries, as earlier versions had them, win over those of all drivers", () => {
  const places = placesFrom(settings({ '/a': '/b', '/c': '/d' }, { '/a': '/own' }), [], nothing)
  const ofDocker = places.hostPathsOfDrivers.get('docker')!
  expect(placeOfHostPath('/a', ofDocker)).toEqual({ kind: 'host', path: '/own' })
  expect(placeOfHostPath('/c', ofDocker)).toEqual({ kind: 'host', path: '/d' })
  expect(placeOfHostPath('/docker_scratch', ofDocker).kind).toBe('scratch')
  expect(placeOfHostPath('/a', places.hostPaths)).toEqual({ kind: 'host', path: '/b' })
  expect(places.hostPathsOfDrivers.has('scripted')).toBe(false)
})

it('reports what is wrong', () => {
  const problems = problemsOfPlaces({
    ...settings(
      { a: '/b', '/c': '/d/../e', '/f': { scratch: false }, '/g': { supplied: 'gcc' }, '/h': 1 },
      { '/i': '' },
    ),
    fileSystems: { 'fs-1': 'here', nfs: '/there' },
  })
  const form = 'must be a path, { scratch: true }, { supplied: aws } or { refused: why }'
  expect(problems).toEqual([
    'hostPaths: "a" is not an absolute path',
    'hostPaths./c: "/d/../e" has .. in it',
    `hostPaths./f: ${form}`,
    `hostPaths./g: ${form}`,
    `hostPaths./h: ${form}`,
    'drivers.docker.hostPaths./i: "" is not an absolute path',
    'fileSystems.fs-1: "here" is not an absolute path',
    'fileSystems: "nfs" is no id of a file system or an access point, and no ARN of one',
  ])
})
