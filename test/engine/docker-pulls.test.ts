import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptSpec } from '../../src/drivers/driver.ts'
import { baseImage } from './base-image.ts'
import { attempt, type DockerSetting, dockerSetting, finish, newInstallation, runAttempt } from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { callEngine } from './engine-http.ts'
import { type LossyProxy, startLossyProxy } from './lossy-proxy.ts'
import { startRegistry, type TestRegistry } from './registry.ts'

/** Missing images are fetched once, however many jobs ask. A failed fetch has Docker's text. */
let engine: TestEngine
let registry: TestRegistry
let setting: DockerSetting
let proxy: LossyProxy

beforeAll(async () => {
  engine = await startEngine()
  registry = await startRegistry()
  setting = await dockerSetting(engine.socketPath)
  proxy = await startLossyProxy(engine.socketPath, join(setting.dataDir, 'proxy.sock'))
})
afterAll(async () => {
  await setting?.dispose()
  await proxy?.stop()
  await registry?.stop()
  await engine?.stop()
})

const pulls = (repository: string) => proxy.count(new RegExp(`/images/create\\?.*${repository}`))

it('fetches a missing image once for many jobs', async () => {
  const image = await registry.push(engine.socketPath, baseImage, 'team/once:v1')
  const driver = setting.driver({ dockerHost: proxy.dockerHost })
  const names = Array.from({ length: 6 }, (_, index) => `once-${index}`)
  const starting = names.map((name) => runAttempt(driver, attempt(name, 'echo ran', { image })))
  expect((await driver.inspect(names)).get('once-5')).toEqual({ kind: 'starting', why: expect.any(String) })
  for (const { lines } of await Promise.all(starting)) expect(lines).toEqual(['ran'])
  expect(pulls('once')).toBe(1)
  await callEngine(engine.socketPath, 'DELETE', `/images/${image}?force=1`)
})

it('does not ask a registry for an existing image', async () => {
  const driver = setting.driver({ dockerHost: proxy.dockerHost })
  await runAttempt(driver, attempt('local', 'true'))
  expect(pulls('busybox')).toBe(0)
})

it('fails with Docker’s text if the registry lacks the image or does not exist, or the name is not valid', async () => {
  const driver = setting.driver({ pullTries: 1 })
  const reasonOf = async (image: string) => {
    const outcome = await driver.start(attempt('missing', 'true', { image }))
    return outcome.kind === 'failed' ? outcome.reason : JSON.stringify(outcome)
  }
  expect(await reasonOf(`${registry.address}/no/such:1`)).toMatch(
    /^CannotPullContainerError: .*(not found|manifest unknown)/,
  )
  expect(await reasonOf('127.0.0.1:1/no/such:1')).toMatch(/^CannotPullContainerError: .*refused/)
  expect(await reasonOf('Not A Name')).toBe('CannotPullContainerError: invalid reference format: Not A Name')
  expect(await finish(driver, 'missing')).toEqual({ lines: [], end: { kind: 'absent' } })
})

describe('a registry with logins', () => {
  const user = {
    ...{ username: 'robot', password: 'hush-hush' },
    passwordHash: '$2b$04$oAiV.hfPzmowRQKG5PhYGu8ry9NkhwWl6NKTbRDB8Fu7rC1eSBGee',
  }
  let guarded: TestRegistry
  beforeAll(async () => {
    guarded = await startRegistry(user)
  })
  afterAll(() => guarded?.stop())

  it('gets the credentials of the attempt, which affect no other attempt', async () => {
    const image = await guarded.push(engine.socketPath, baseImage, 'team/secret:v1')
    const installationId = newInstallation()
    const driver = setting.driver({ installationId })
    const right = { username: user.username, password: user.password }
    const wrong = { username: user.username, password: 'guessed-it' }
    const start = (name: string, registryAuth?: AttemptSpec['registryAuth']) =>
      driver.start(attempt(name, 'echo ran', { image, ...(registryAuth === undefined ? {} : { registryAuth }) }))
    const outcomes = await Promise.all([start('nobody'), start('wrong', wrong)])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        kind: 'failed',
        reason: expect.stringMatching(/^CannotPullContainerError: .*(auth|denied)/),
      })
      expect(JSON.stringify(outcome)).not.toContain('guessed-it')
    }
    const [another, ours] = await Promise.all([start('wrong-again', wrong), start('right', right)])
    expect(ours).toEqual({ kind: 'started' })
    expect((await finish(driver, 'right')).lines).toEqual(['ran'])
    // It came first, or found the image there.
    expect(['failed', 'started']).toContain(another.kind)
    expect(JSON.stringify(await setting.container(installationId, 'right'))).not.toContain('hush')
    await driver.remove('right')
    await callEngine(engine.socketPath, 'DELETE', `/images/${image}?force=1`)
  })
})

it('tells waiting callers that the image is being pulled, and how far the pull is', async () => {
  const image = await registry.push(engine.socketPath, baseImage, 'team/said:v1')
  const driver = setting.driver()
  const said: string[] = []
  expect(await driver.start(attempt('said', 'true', { image }), undefined, (why) => said.push(why))).toEqual({
    kind: 'started',
  })
  expect(said).toContain(`image ${image} is being pulled`)
  expect(said.at(-1)).toBe('its container is being made and started')
  await driver.remove('said')
  await callEngine(engine.socketPath, 'DELETE', `/images/${image}?force=1`)
})

it('a start that is cancelled during its pull leaves nothing', async () => {
  const image = await registry.push(engine.socketPath, baseImage, 'team/off:v1')
  const driver = setting.driver()
  const starting = driver.start(attempt('off', 'true', { image }))
  await driver.stop('off', 30)
  expect((await starting).kind).toBe('unknown')
  expect(await finish(driver, 'off')).toEqual({ lines: [], end: { kind: 'absent' } })
})
