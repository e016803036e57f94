/** The settings of a store outside, and what is checked of them at start. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ConfigurationProblems, loadConfiguration } from './configuration.ts'
import { outsidePlaceOf, outsideSecret, outsideStoreOf } from './outside-settings.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-outside-'))
  writeFileSync(join(dataDir, 'secret'), 'hush-hush-hush\n', { mode: 0o600 })
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const given = { ENDPOINT: 'https://s3.lab.example/', ACCESS_KEY_ID: 'AKIA', SECRET_ACCESS_KEY_FILE: 'secret' }

function load(more: Record<string, string | undefined> = {}) {
  const settings = Object.entries({ ...given, ...more }).flatMap(([name, value]) =>
    value === undefined ? [] : [[`OPENBATCH_OBJECTS_OUTSIDE_${name}`, value]],
  )
  return loadConfiguration({ env: Object.fromEntries(settings), options: {}, dataDir }).objects.outside!
}

function problems(more: Record<string, string | undefined>): readonly string[] {
  try {
    load(more)
  } catch (error) {
    return (error as ConfigurationProblems).problems
  }
  return []
}

test('a store outside has an address and a key, whose secret is in a file that may change', () => {
  const settings = load()
  expect(outsidePlaceOf(settings)).toEqual({ endpoint: 'https://s3.lab.example' })
  expect(outsideStoreOf(settings)).toEqual({
    ...{ endpoint: 'https://s3.lab.example', stsEndpoint: 'https://s3.lab.example' },
    ...{ region: 'us-east-1', accessKeyId: 'AKIA', roleArn: undefined },
  })
  const secret = outsideSecret(settings, dataDir)
  expect(secret()).toBe('hush-hush-hush')
  writeFileSync(join(dataDir, 'secret'), 'another-secret')
  expect(secret()).toBe('another-secret')
})

test.each([
  ['https://s3.us-west-2.amazonaws.com', 'https://sts.us-west-2.amazonaws.com'],
  ['https://s3.dualstack.eu-west-1.amazonaws.com', 'https://sts.eu-west-1.amazonaws.com'],
  ['https://s3.amazonaws.com', 'https://sts.amazonaws.com'],
  ['https://s3.us-west-2.amazonaws.com.example', 'https://s3.us-west-2.amazonaws.com.example'],
])('the STS of %s is %s', (endpoint, sts) => {
  expect(outsideStoreOf(load({ ENDPOINT: endpoint })).stsEndpoint).toBe(sts)
  expect(outsideStoreOf(load({ ENDPOINT: endpoint, STS_ENDPOINT: 'http://sts.lab' })).stsEndpoint).toBe(
    'http://sts.lab',
  )
})

const badAddress = 'must be http://HOST or https://HOST, without a query, a user or a password'
test.each([
  [{ ENDPOINT: 's3.lab.example' }, `objects.outside.endpoint: ${badAddress}`],
  [{ ENDPOINT: 'ftp://lab' }, `objects.outside.endpoint: ${badAddress}`],
  [{ ENDPOINT: 'https://user:hush@lab' }, `objects.outside.endpoint: ${badAddress}`],
  [{ STS_ENDPOINT: 'https://lab/?x' }, `objects.outside.stsEndpoint: ${badAddress}`],
  [{ ACCESS_KEY_ID: undefined }, "objects.outside: must have required property 'accessKeyId'"],
  [{ ROLE_ARN: 'keeper' }, expect.stringContaining('objects.outside.roleArn: must match pattern')],
  [
    { SECRET_ACCESS_KEY_FILE: 'none' },
    expect.stringMatching(/^objects.outside.secretAccessKeyFile: .*none does not exist; write the secret/),
  ],
])('%j is refused', (more, problem) => {
  expect(problems(more)).toEqual([problem])
})

test('a secret that others may read is refused, and one that is none is not shown', () => {
  chmodSync(join(dataDir, 'secret'), 0o644)
  expect(problems({})).toEqual([expect.stringContaining('others may read or write')])
  writeFileSync(join(dataDir, 'secret'), 'two words')
  chmodSync(join(dataDir, 'secret'), 0o600)
  expect(problems({})).toEqual([expect.stringContaining('must hold one secret access key')])
  expect(problems({}).join()).not.toContain('two words')
})

test('directories are not served where objects are outside', () => {
  const env = { OPENBATCH_OBJECTS_BUCKETS: '{ genomes: { directory: /data } }' }
  const outside = Object.entries(given).map(([name, value]) => [`OPENBATCH_OBJECTS_OUTSIDE_${name}`, value])
  expect(() => loadConfiguration({ env: { ...env, ...Object.fromEntries(outside) }, options: {}, dataDir })).toThrow(
    'objects.buckets: none can be served where objects are outside (objects.outside)',
  )
})
