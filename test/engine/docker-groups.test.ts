import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DockerDriver } from '../../src/drivers/docker/docker-driver.ts'
import type { AttemptGroup, AttemptSpec } from '../../src/drivers/driver.ts'
import { attempt, type DockerSetting, dockerSetting, finish, newInstallation, untilPrinted } from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { callEngine, engineJson } from './engine-http.ts'
import { type LossyProxy, startLossyProxy } from './lossy-proxy.ts'

/**
 * Groups over a real engine: the networks they get, that nothing of them is left wherever work is
 * cut off, and what they cost.
 */
let engine: TestEngine
let setting: DockerSetting
let proxy: LossyProxy
let installationId: string

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())
beforeEach(async () => {
  setting = await dockerSetting(engine.socketPath)
  proxy = await startLossyProxy(engine.socketPath, join(setting.dataDir, 'proxy.sock'))
  installationId = newInstallation()
})
afterEach(async () => {
  await setting?.dispose()
  await proxy?.stop()
})

const own: AttemptGroup = { name: 'task-1', ownAddress: true }
const scratch: AttemptSpec['mounts'] = [{ kind: 'scratch', volume: 'v', containerPath: '/scratch', readOnly: false }]
const serve = (text: string) =>
  `mkdir -p /tmp/www; echo ${text} > /tmp/www/text; httpd -p 8080 -h /tmp/www; echo up; sleep 1000`
const started = async (driver: DockerDriver, spec: AttemptSpec) => {
  expect(await driver.start(spec)).toEqual({ kind: 'started' })
}

/** The containers that hold the networks of groups. */
async function holders(): Promise<string[]> {
  const filters = JSON.stringify({ label: [`openbatch.network-of=${installationId}`, 'openbatch.group'] })
  const path = `/containers/json?${new URLSearchParams({ all: '1', filters })}`
  const rows = (await engineJson(engine.socketPath, 'GET', path)) as { Names: string[] }[]
  return rows.flatMap((row) => row.Names)
}

async function expectNothingLeft(driver: DockerDriver): Promise<void> {
  expect(await driver.list()).toEqual([])
  expect(await holders()).toEqual([])
  const left = await readdir(join(setting.dataDir, 'scratch'), { recursive: true }).catch(() => [])
  expect(left.filter((name) => !['.aside', '.groups'].includes(name))).toEqual([])
}

describe('networks', () => {
  for (const network of ['shared', 'bridge', 'host'] as const) {
    it(`${network}: parts of a group reach one another on 127.0.0.1`, async () => {
      const driver = setting.driver({ installationId, network })
      const group = { name: 'task-1', ownAddress: false }
      await started(driver, attempt('server', serve('here'), { group }))
      await untilPrinted(driver, 'server', 'up')
      await started(driver, attempt('client', 'wget -qO- http://127.0.0.1:8080/text', { group }))
      expect((await finish(driver, 'client')).lines).toEqual(['here'])
      expect(await holders()).toHaveLength(network === 'bridge' ? 1 : 0)
      for (const name of ['server', 'client']) await driver.remove(name)
      await expectNothingLeft(driver)
    })
  }

  for (const network of ['shared', 'bridge'] as const) {
    it(`${network}: a group’s own address is reachable from other groups and single jobs, and its ports are its own`, async () => {
      const driver = setting.driver({ installationId, network })
      await started(driver, attempt('node-0', serve('main'), { group: own }))
      await started(driver, attempt('node-1', serve('child'), { group: { name: 'task-2', ownAddress: true } }))
      for (const name of ['node-0', 'node-1']) await untilPrinted(driver, name, 'up')
      const seen = await driver.inspect(['node-0', 'node-1'])
      const [main, child] = ['node-0', 'node-1'].map((name) => {
        const observation = seen.get(name)
        return observation?.kind === 'running' ? observation.address : undefined
      })
      expect(main).not.toBe(child)
      const ask = `for a in ${main} ${child}; do wget -qO- http://$a:8080/text; done`
      await started(driver, attempt('single', ask))
      expect((await finish(driver, 'single')).lines).toEqual(['main', 'child'])
      expect(await holders()).toHaveLength(2)
      for (const name of ['node-0', 'node-1', 'single']) await driver.remove(name)
      await expectNothingLeft(driver)
    })
  }

  it('host: every group has the host’s address', async () => {
    const driver = setting.driver({ installationId, network: 'host' })
    await started(driver, attempt('node-0', 'sleep 1000', { group: own }))
    expect((await driver.inspect(['node-0'])).get('node-0')).toMatchObject({ kind: 'running', address: '127.0.0.1' })
    await driver.remove('node-0')
    await expectNothingLeft(driver)
  })
})

describe('holders', () => {
  it('one for each group, even if two driver objects start parts at the same moment', async () => {
    const drivers = [setting.driver({ installationId }), setting.driver({ installationId })]
    const names = Array.from({ length: 6 }, (_, index) => `part-${index}`)
    const spec = (name: string) => attempt(name, `echo x >> /scratch/all; sleep 1000`, { group: own, mounts: scratch })
    const outcomes = await Promise.all(names.map((name, index) => drivers[index % 2]!.start(spec(name))))
    // Of two starts that make the network or the holder at once, one may have to try again.
    for (const { kind } of outcomes) expect(['started', 'unknown']).toContain(kind)
    for (const name of names) await started(drivers[0]!, spec(name))
    expect(await holders()).toHaveLength(1)
    const seen = [...(await drivers[1]!.inspect(names)).values()]
    expect(new Set(seen.map((one) => (one.kind === 'running' ? one.address : one.kind))).size).toBe(1)
    // By one of them: a data directory has one server, and a holder that two leave to each other is
    // removed by the next `list`.
    await Promise.all(names.map((name) => drivers[0]!.remove(name)))
    await expectNothingLeft(drivers[0]!)
  })

  it('is made again for the next part after somebody removed or stopped it', async () => {
    const driver = setting.driver({ installationId })
    const holder = `/containers/openbatch-${installationId}.group.task-1`
    await started(driver, attempt('a', 'true', { group: own }))
    await finish(driver, 'a')
    await callEngine(engine.socketPath, 'DELETE', `${holder}?force=1`)
    await started(driver, attempt('b', 'true', { group: own }))
    await finish(driver, 'b')
    await callEngine(engine.socketPath, 'POST', `${holder}/stop`)
    await started(driver, attempt('c', 'true', { group: own }))
    await finish(driver, 'c')
    for (const name of ['a', 'b', 'c']) await driver.remove(name)
    await expectNothingLeft(driver)
  })

  it('that a killed server had ordered, and that appeared after its end, is removed by the next', async () => {
    const first = setting.driver({ installationId })
    await started(first, attempt('alive', 'sleep 1000', { group: { name: 'alive', ownAddress: true } }))
    await started(first, attempt('dead', 'sleep 1000', { group: { name: 'dead', ownAddress: true } }))
    await first.close()
    await callEngine(engine.socketPath, 'DELETE', `/containers/openbatch-${installationId}-dead?force=1`)
    for (const left of ['dead', '.groups/dead']) {
      await rm(join(setting.dataDir, 'scratch', left), { recursive: true })
    }
    const next = setting.driver({ installationId })
    expect(await next.list()).toEqual(['alive'])
    expect(await holders()).toEqual([`/openbatch-${installationId}.group.alive`])
    await next.remove('alive')
    await expectNothingLeft(next)
  })
})

/** Whatever a kill between any two calls leaves, the next server finds by `list` and removes. */
describe('work that is cut off', () => {
  const parts = ['a', 'b'].map((name) =>
    attempt(name, 'echo x > /scratch/x; sleep 1000', { group: own, mounts: scratch }),
  )

  it('while the parts of a group start', async () => {
    let wasCut = true
    let cuts = 0
    for (let calls = 0; wasCut; calls++) {
      const driver = setting.driver({ installationId, dockerHost: proxy.dockerHost })
      proxy.cutAfter(calls)
      const outcomes = await Promise.all(parts.map((spec) => driver.start(spec)))
      wasCut = proxy.hasCut()
      if (wasCut) expect(outcomes.map(({ kind }) => kind)).toContain('unknown')
      else expect(outcomes).toEqual(parts.map(() => ({ kind: 'started' })))
      proxy.cutAfter(Number.POSITIVE_INFINITY)
      await driver.close()
      const next = setting.driver({ installationId })
      for (const name of await next.list()) await next.remove(name)
      await expectNothingLeft(next)
      cuts++
    }
    expect(cuts).toBeGreaterThan(6)
  })

  it('while the parts of a group are removed', async () => {
    let wasCut = true
    let cuts = 0
    for (let calls = 0; wasCut; calls++) {
      const driver = setting.driver({ installationId, dockerHost: proxy.dockerHost })
      for (const spec of parts) await started(driver, spec)
      proxy.cutAfter(calls)
      for (const { name } of parts) await driver.remove(name).catch(() => {})
      wasCut = proxy.hasCut()
      proxy.cutAfter(Number.POSITIVE_INFINITY)
      await driver.close()
      const next = setting.driver({ installationId })
      // The next server may also start a part again: missing pieces of the group are made anew.
      if (wasCut) for (const spec of parts) await started(next, spec)
      for (const name of await next.list()) await next.remove(name)
      await expectNothingLeft(next)
      cuts++
    }
    expect(cuts).toBeGreaterThan(4)
  })
})

describe('the cost in calls to the engine', () => {
  async function callsOf(work: () => Promise<unknown>): Promise<number> {
    const before = proxy.count(/./)
    await work()
    return proxy.count(/./) - before
  }

  it('is zero for an attempt without a group, and for a group the cost of its holder', async () => {
    const driver = setting.driver({ installationId, dockerHost: proxy.dockerHost })
    // The network and the images exist, and the engine's facts are known.
    await started(driver, attempt('first', 'true'))
    await started(driver, attempt('first-part', 'true', { group: { name: 'first', ownAddress: true } }))
    expect(await callsOf(() => driver.start(attempt('single', 'sleep 1000')))).toBe(2)
    expect(await callsOf(() => driver.inspect(['single']))).toBe(1)
    expect(await callsOf(() => driver.remove('single'))).toBe(1)
    const part = (name: string) => attempt(name, 'sleep 1000', { group: own })
    expect(await callsOf(() => driver.start(part('a')))).toBe(5)
    expect(await callsOf(() => driver.start(part('b')))).toBe(2)
    expect(await callsOf(() => driver.inspect(['a']))).toBe(2)
    expect(await callsOf(() => driver.inspect(['a']))).toBe(1)
    const plain = { name: 'plain', ownAddress: false }
    expect(await callsOf(() => driver.start(attempt('c', 'sleep 1000', { group: plain })))).toBe(2)
  })
})
