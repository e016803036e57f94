/**
 * Drivers have names: there may be several of a kind, each checked by the schema of its kind.
 * Settings from before drivers had names are still read.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineKind } from '../../drivers/driver-kind.ts'
import { ConfigurationProblems, loadConfiguration } from './configuration.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-driver-settings-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function load(text: string, env: Record<string, string> = {}, options: Record<string, unknown> = {}) {
  const file = join(directory, 'openbatch.yaml')
  writeFileSync(file, text)
  return loadConfiguration({ file, env, options })
}

function problemsOf(...given: Parameters<typeof load>): readonly string[] {
  try {
    load(...given)
  } catch (error) {
    if (error instanceof ConfigurationProblems) return error.problems
    throw error
  }
  return []
}

test('there may be two of a kind, each with its own settings and the defaults of its kind', () => {
  const { drivers, notices } = load('drivers: { big: { kind: docker, host: tcp://h:1 }, docker: { kind: docker } }')
  expect(Object.keys(drivers)).toEqual(['docker', 'process', 'scripted', 'big'])
  expect(drivers).toMatchObject({
    docker: { kind: 'docker', enabled: true, network: 'shared' },
    scripted: { kind: 'scripted', enabled: false },
    big: { kind: 'docker', enabled: true, host: 'tcp://h:1', network: 'shared', maxConcurrentStarts: 4 },
  })
  expect(drivers.docker).not.toHaveProperty('host')
  expect(notices).toEqual([])
})

test('a driver whose name is not its kind exists because it is configured', () => {
  expect(load('drivers: { play: { kind: scripted } }').drivers.play).toMatchObject({ enabled: true, hosts: 1 })
  expect(load('drivers: { play: { kind: scripted, enabled: false } }').drivers.play).toMatchObject({ enabled: false })
})

test('settings without a kind are read, with a notice that says how to write them', () => {
  const { drivers, notices } = load('drivers:\n  docker:\n    network: host\n  scripted:\n    kind: scripted\n')
  expect(drivers.docker).toMatchObject({ kind: 'docker', network: 'host' })
  expect(notices).toEqual([
    'drivers.docker is written as in earlier versions, without its kind. Write it so: drivers: { docker: { kind: docker, … } }',
  ])
})

test('variables address drivers by name, and can define a driver', () => {
  const env = { OPENBATCH_DRIVERS_BIG_ONE_NETWORK: 'bridge', OPENBATCH_DRIVERS_DOCKER_NETWORK: 'host' }
  const { drivers, notices } = load('drivers: { big-one: { kind: docker } }', env)
  expect(drivers).toMatchObject({ 'big-one': { network: 'bridge' }, docker: { network: 'host' } })
  expect(notices).toEqual([])
  const made = load('', { OPENBATCH_DRIVERS_PLAY_TWO_KIND: 'scripted', OPENBATCH_DRIVERS_PLAY_TWO_HOSTS: '3' })
  expect(made.drivers['play-two']).toMatchObject({ kind: 'scripted', enabled: true, hosts: 3 })
})

test('the default driver is given by its name', () => {
  const text = 'drivers: { big: { kind: docker } }'
  expect(load(text, {}, { driver: 'big' }).driver).toBe('big')
  expect(problemsOf(text, { OPENBATCH_DRIVER: 'large' })).toEqual([
    'driver: must be the name of a driver: docker, process, scripted, big',
  ])
})

test('every problem of names, kinds and settings is reported at once', () => {
  const long = 'l'.repeat(33)
  const text = `
drivers:
  Big: { kind: docker }
  ${long}: { kind: docker }
  no_line: { kind: docker }
  "": { kind: docker }
  nameless: {}
  strange: { kind: podman }
  docker: { kind: process }
  wrong: { kind: process, network: host, vcpus: 0 }
  none:
`
  const form = 'drivers: a name is made of a to z, 0 to 9 and hyphens, a letter first'
  expect(problemsOf(text)).toEqual([
    `${form} (Big)`,
    `drivers: a name has at most 32 characters (${long})`,
    `${form} (no_line)`,
    `${form} ()`,
    'drivers.nameless.kind: must be the kind of the driver: docker, process, scripted',
    'drivers.strange.kind: must be the kind of the driver: docker, process, scripted',
    'drivers.docker.kind: a driver named docker can only be of the kind docker',
    'drivers.none.kind: must be the kind of the driver: docker, process, scripted',
    'drivers.wrong: must NOT have additional properties (network)',
    'drivers.wrong.vcpus: must be > 0',
  ])
})

test('no name is used twice, and no two drivers share a variable', () => {
  expect(problemsOf('drivers:\n  a: { kind: process }\n  a: { kind: docker }\n')).toEqual([
    expect.stringMatching(/Map keys must be unique/),
  ])
  const kindWith = (kind: string, setting: string) =>
    defineKind({
      ...{ kind, summary: '', isOfferedUnasked: true, create: () => Promise.reject(new Error('not made here')) },
      Settings: Type.Object({ [setting]: Type.Optional(Type.String()) }),
    })
  const kinds = [kindWith('a', 'bC'), kindWith('a-b', 'c')]
  expect(() => loadConfiguration({ env: {}, options: {}, kinds })).toThrow(
    'drivers: drivers.a.bC and drivers.a-b.c have the same variable OPENBATCH_DRIVERS_A_B_C',
  )
})
