/**
 * Configuration: the file, variables over it, the command line over both. All problems are reported
 * at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { driverKinds } from '../../drivers/catalogue.ts'
import { ConfigurationProblems, configurationSchema, leavesOf, loadConfiguration } from './configuration.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-configuration-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function fileOf(text: string): string {
  const file = join(directory, 'openbatch.yaml')
  writeFileSync(file, text)
  return file
}
const load = (sources: Partial<Parameters<typeof loadConfiguration>[0]> = {}) =>
  loadConfiguration({ env: {}, options: {}, ...sources })

function problemsOf(sources: Parameters<typeof load>[0]): readonly string[] {
  try {
    load(sources)
  } catch (error) {
    if (error instanceof ConfigurationProblems) return error.problems
    throw error
  }
  return []
}

test('without settings, everything has its documented value', () => {
  expect(load()).toMatchObject({
    account: '123456789012',
    region: 'us-west-2',
    host: '127.0.0.1',
    port: 8642,
    logLevel: 'info',
    jobs: { stopGraceSeconds: 30, lostGraceSeconds: 30 },
    events: { webhooks: [], maxKept: 100_000 },
    drivers: { docker: { enabled: true, hostPaths: {} }, process: { enabled: true }, scripted: { enabled: false } },
  })
  expect(load()).not.toHaveProperty('driver')
  expect(load().logs).not.toHaveProperty('retentionDays')
  expect(load().jobs).not.toHaveProperty('retentionDays')
  expect(load().events).not.toHaveProperty('file')
  expect(load({ file: fileOf('') })).toEqual(load())
})

test('two servers share no defaults', () => {
  const hostPaths = () => load().drivers.docker!.hostPaths as Record<string, string>
  hostPaths()['/a'] = '/b'
  expect(hostPaths()).toEqual({})
})

test('the command line wins over variables, and variables win over the file', () => {
  const file = fileOf('port: 1\nhost: a\nregion: eu-west-1\ndrivers:\n  docker:\n    vcpus: 3\n    memoryMib: 100\n')
  const more = { OPENBATCH_DRIVERS_DOCKER_VCPUS: '4', OPENBATCH_ALLOW_PLAIN_HTTP: 'true' }
  const env = { OPENBATCH_PORT: '2', OPENBATCH_HOST: 'b', ...more }
  expect(load({ file, env, options: { port: 3, 'drivers.docker.memoryMib': 200, driver: undefined } })).toMatchObject({
    port: 3,
    host: 'b',
    region: 'eu-west-1',
    drivers: { docker: { vcpus: 4, memoryMib: 200, enabled: true } },
  })
})

test('a variable has the type of its setting', () => {
  const env = {
    OPENBATCH_ACCOUNT: '000000000012',
    OPENBATCH_DRIVERS_DOCKER_ENABLED: 'false',
    OPENBATCH_LOGS_RETENTION_DAYS: '0.5',
    OPENBATCH_DRIVERS_DOCKER_HOST_PATHS: '{"/scratch": "/data/scratch"}',
  }
  expect(load({ env })).toMatchObject({
    account: '000000000012',
    logs: { retentionDays: 0.5 },
    drivers: { docker: { enabled: false, hostPaths: { '/scratch': '/data/scratch' } } },
  })
})

test('a list is given as YAML, and its members get their defaults', () => {
  const env = { OPENBATCH_EVENTS_WEBHOOKS: '[{ url: "http://a.example/hook", statuses: [FAILED] }]' }
  expect(load({ env }).events.webhooks).toEqual([
    { url: 'http://a.example/hook', statuses: ['FAILED'], headers: {}, concurrency: 4, timeoutSeconds: 10 },
  ])
})

test('every setting can be given as a variable of its own', () => {
  const whole = configurationSchema(new Map(driverKinds.map((kind) => [kind.kind, kind])))
  const variables = leavesOf(whole).map(({ variable }) => variable)
  expect(new Set(variables).size).toBe(variables.length)
  expect(variables).toContain('OPENBATCH_DRIVERS_DOCKER_MAX_CONCURRENT_STARTS')
  for (const { schema, variable } of leavesOf(whole))
    expect(schema.description?.length ?? 0, variable).toBeGreaterThan(10)
})

test('variables that are read elsewhere, or belong to tests, are ignored', () => {
  const env = {
    OPENBATCH_DATA_DIR: '/x',
    OPENBATCH_FAILPOINT: 'x',
    OPENBATCH_TEST_DOCKER: '1',
    PATH: '/bin',
    HOME: undefined,
  }
  expect(load({ env })).toEqual(load())
})

describe('problems', () => {
  test('are reported all at once, each with its place', () => {
    const file = fileOf(
      'port: 99999\naccount: "12"\nprot: 1\njobs:\n  lostGraceSeconds: 0\n  grace: 3\nlogLevel: loud\n',
    )
    const env = {
      OPENBATCH_PROT: '1',
      OPENBATCH_DRIVERS_DOCKER_ENABLED: 'yes',
      OPENBATCH_DRIVERS_DOCKER_HOST_PATHS: '{',
    }
    const problems = problemsOf({ file, env, options: { driver: 'podman' } })
    for (const told of [
      /^OPENBATCH_PROT: there is no such setting$/,
      /^configuration: .*\(prot\)$/,
      /^account: must match pattern/,
      /^port: must be <= 65535$/,
      /^jobs: .*\(grace\)$/,
      /^jobs\.lostGraceSeconds: must be > 0$/,
      /^logLevel: .*: fatal, error, warn, info, debug, silent$/,
      /^driver: .*: docker, process, scripted$/,
      /^drivers\.docker\.enabled: must be boolean$/,
      /^drivers\.docker\.hostPaths: must be object$/,
    ])
      expect(problems).toContainEqual(expect.stringMatching(told))
    expect(problems).toHaveLength(10)
  })

  test('of webhooks are reported with their place', () => {
    const problemsWith = (webhooks: string) => problemsOf({ env: { OPENBATCH_EVENTS_WEBHOOKS: webhooks } })
    expect(problemsWith('http://a')).toEqual(['events.webhooks: must be array'])
    expect(problemsWith('[{ url: "ftp://a" }, { url: "http://b", statuses: [DONE], colour: red }]')).toEqual([
      'events.webhooks.0.url: must match pattern "^https?://"',
      'events.webhooks.1: must NOT have additional properties (colour)',
      expect.stringMatching(/^events\.webhooks\.1\.statuses\.0: must be equal .*: PENDING, RUNNABLE, /),
    ])
    const four = [
      '{ url: "http://a.example/1" }',
      '{ url: "https://a.example/2" }',
      '{ url: "http://[" }',
      '{ url: "http://u:p@b", headers: { "a b": c } }',
    ]
    expect(problemsWith(`[${four}]`)).toEqual([
      'events.webhooks.1: there is another called a.example; give it a name of its own',
      'events.webhooks.2.url: must be a URL',
      'events.webhooks.3.url: must not hold a user or password; use headers',
      'events.webhooks.3.headers: a b cannot be sent as a header',
    ])
  })

  test('of a retention shorter than a day', () => {
    expect(problemsOf({ env: { OPENBATCH_JOBS_RETENTION_DAYS: '0.5' } })).toEqual(['jobs.retentionDays: must be >= 1'])
  })

  test.each(['', ' ', 'x', '8642x', '1e999'])('a port of %j', (text) => {
    expect(problemsOf({ env: { OPENBATCH_PORT: text } })).toContainEqual(expect.stringMatching(/^port: must be/))
  })

  test('of the file itself', () => {
    expect(problemsOf({ file: join(directory, 'none.yaml') })).toContainEqual(
      expect.stringContaining('none.yaml: ENOENT'),
    )
    expect(problemsOf({ file: fileOf('- a list') })).toContainEqual(expect.stringMatching(/must be a map of settings$/))
    expect(problemsOf({ file: fileOf('port: [1') })).toHaveLength(1)
    expect(problemsOf({ file: fileOf('drivers:\n') })).toEqual(['drivers: must be object'])
  })
})

test.each([
  ['127.0.0.1:9642', undefined],
  ['[::1]:9642', undefined],
  ['localhost:0', undefined],
  ['0.0.0.0:9642', 'metrics.listen: an address that others can reach needs metrics.tokenFile too'],
  ['[::]:9642', 'metrics.listen: an address that others can reach needs metrics.tokenFile too'],
  ['127.example.org:9642', 'metrics.listen: an address that others can reach needs metrics.tokenFile too'],
  ['127.0.0.1:70000', 'metrics.listen: the port must be at most 65535'],
])('checks %s as an address for metrics alone', (listen, problem) => {
  const env = { OPENBATCH_METRICS_LISTEN: listen, OPENBATCH_ALLOW_PLAIN_HTTP: 'true' }
  expect(problemsOf({ env })).toEqual(problem === undefined ? [] : [problem])
})

test('with a token metrics may be served on any address, and the address needs a port', () => {
  const token = { OPENBATCH_METRICS_TOKEN_FILE: 'token' }
  const plain = { OPENBATCH_ALLOW_PLAIN_HTTP: 'true' }
  expect(load({ env: { ...token, ...plain, OPENBATCH_METRICS_LISTEN: '0.0.0.0:9642' } }).metrics).toEqual({
    ...{ tokenFile: 'token', listen: '0.0.0.0:9642' },
  })
  for (const listen of ['127.0.0.1', ':9642', '::1:9642', 'http://127.0.0.1:9642'])
    expect(problemsOf({ env: { OPENBATCH_METRICS_LISTEN: listen } })).toHaveLength(1)
})
