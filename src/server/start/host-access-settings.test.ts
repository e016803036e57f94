import { expect, test } from 'vitest'
import { nothingOfTheHost } from '../../model/host-access.ts'
import { ConfigurationProblems, loadConfiguration } from './configuration.ts'
import { hostAccessFrom } from './host-access-settings.ts'

const load = (hostAccess: string) => loadConfiguration({ env: { OPENBATCH_HOST_ACCESS: hostAccess }, options: {} })
function problemsOf(hostAccess: string): readonly string[] {
  try {
    load(hostAccess)
    return []
  } catch (error) {
    if (error instanceof ConfigurationProblems) return error.problems
    throw error
  }
}

test('nothing is granted unless the configuration says so', () => {
  expect(loadConfiguration({ env: {}, options: {} }).hostAccess).toEqual({})
  expect(hostAccessFrom(load('{ lab: {} }').hostAccess)).toEqual(new Map([['lab', nothingOfTheHost]]))
})

test('paths are kept in their shortest form', () => {
  const { hostAccess } = load(
    '{ lab: { hostPaths: { //data/./lab/: readOnly, /scratch: readWrite }, devices: [/dev//kvm] } }',
  )
  expect(hostAccessFrom(hostAccess).get('lab')).toEqual({
    ...nothingOfTheHost,
    hostPaths: [
      { path: '/data/lab', readOnly: true },
      { path: '/scratch', readOnly: false },
    ],
    devices: ['/dev/kvm'],
  })
})

test('what cannot be meant is a problem, with its place', () => {
  expect(problemsOf('{ lab: { hostPaths: { data: readOnly, /data/../etc: readOnly }, devices: [kvm] } }')).toEqual([
    'hostAccess.lab.hostPaths: "data" is not an absolute path',
    'hostAccess.lab.hostPaths: "/data/../etc" has .. in it',
    'hostAccess.lab.devices: "kvm" is not an absolute path',
  ])
  expect(problemsOf('{ lab: { hostPaths: { /data: write } } }')).toEqual([
    expect.stringMatching(/^hostAccess\.lab\.hostPaths.*: must be equal to one of the allowed values/),
  ])
  expect(problemsOf('{ lab: { priviledged: true } }')).toEqual([expect.stringMatching(/\(priviledged\)/)])
  expect(problemsOf('{ lab: { images: [ubuntu*, quay.io/lab/*] } }')).toEqual([
    'hostAccess.lab.images: "ubuntu*" is not the name of an image',
  ])
  expect(problemsOf('{ "a b": {} }')).toEqual([expect.stringMatching(/^hostAccess: .*\(a b\)/)])
})
