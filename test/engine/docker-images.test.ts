import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DockerDriver, DockerDriverOptions } from '../../src/drivers/docker/docker-driver.ts'
import type { PruneWish, RemovedImage } from '../../src/drivers/driver-images.ts'
import { baseImage, baseRootTar, importImage } from './base-image.ts'
import { attempt, type DockerSetting, dockerSetting, finish, newInstallation } from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { callEngine, engineJson } from './engine-http.ts'
import { startRegistry, type TestRegistry } from './registry.ts'

/** When images are pulled, and which are removed, by a real engine and a real registry. */
let engine: TestEngine
let registry: TestRegistry
let setting: DockerSetting
let root: Buffer
const folders: string[] = []

beforeAll(async () => {
  engine = await startEngine()
  registry = await startRegistry()
  setting = await dockerSetting(engine.socketPath)
  root = await baseRootTar()
})
afterAll(async () => {
  await setting?.dispose()
  await registry?.stop()
  await engine?.stop()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openbatch-images-'))
  folders.push(folder)
  return folder
}

/** A driver with records of its own. */
async function freshDriver(options: Partial<DockerDriverOptions> = {}): Promise<DockerDriver> {
  return setting.driver({ dataDir: await freshFolder(), network: 'host', pullTries: 1, ...options })
}

/** Only the registry has the image afterwards. All of them have their one layer in common. */
async function push(which: string, name: string, to = registry): Promise<string> {
  const source = `says:${which}`
  await importImage(engine.socketPath, root, source, [`ENV WHICH=${which}`])
  const image = await to.push(engine.socketPath, source, name)
  await removeImage(source)
  return image
}
const removeImage = (image: string) => callEngine(engine.socketPath, 'DELETE', `/images/${image}?force=1`)

let runs = 0
/** Which of the images a job runs from, or why it does not. */
async function whichRuns(driver: DockerDriver, image: string): Promise<string> {
  const name = `which-${++runs}`
  const outcome = await driver.start(attempt(name, 'echo $WHICH', { image }))
  if (outcome.kind !== 'started') return JSON.stringify(outcome)
  const { lines } = await finish(driver, name)
  await driver.remove(name)
  return lines.join()
}

const wish: PruneWish = { minimumAgeMs: 0, most: 100, untracked: false, exclude: [] }

/** Gives the name another image on the registry, without the engine noticing. */
async function move(image: string, which: string): Promise<void> {
  const tag = (from: string, repo: string) =>
    engineJson(engine.socketPath, 'POST', `/images/${from}/tag?${new URLSearchParams({ repo, tag: 'v1' })}`)
  await tag(image, 'aside')
  await push(which, image.slice(`${registry.address}/`.length))
  await tag('aside:v1', image.slice(0, -':v1'.length))
  await removeImage('aside:v1')
}

it('prefer-cached keeps the image that is there, once pulls it once, and always each time', async () => {
  const image = await push('one', 'team/moves:v1')
  const preferring = await freshDriver({ pullPolicy: 'prefer-cached' })
  expect(await whichRuns(preferring, image)).toBe('one')
  await move(image, 'two')
  expect(await whichRuns(preferring, image)).toBe('one')
  const once = await freshDriver({ pullPolicy: 'once' })
  expect(await whichRuns(once, image)).toBe('two')
  await move(image, 'three')
  expect(await whichRuns(once, image)).toBe('two')
  const always = await freshDriver({ pullPolicy: 'always' })
  expect(await whichRuns(always, image)).toBe('three')
  await removeImage(image)
})

it('without its registry, default runs the image that is there, and once and always fail', async () => {
  const elsewhere = await startRegistry()
  const image = await push('one', 'team/away:v1', elsewhere)
  const [dataDir, installationId] = [await freshFolder(), newInstallation()]
  const before = await freshDriver({ dataDir, installationId, pullPolicy: 'always' })
  const spec = attempt('stays', 'echo $WHICH; sleep 600', { image })
  expect(await before.start(spec)).toEqual({ kind: 'started' })
  await before.close()
  await elsewhere.stop()
  const after = await freshDriver({ dataDir, installationId, pullPolicy: 'always' })
  // Its container is adopted, whatever the registry has now.
  expect(await after.start(spec)).toEqual({ kind: 'started' })
  await after.stop('stays', 0)
  await after.remove('stays')
  expect(await whichRuns(await freshDriver({ pullPolicy: 'default' }), image)).toBe('one')
  for (const pullPolicy of ['once', 'always'] as const)
    expect(await whichRuns(await freshDriver({ pullPolicy }), image)).toMatch(/CannotPullContainerError: .*refused/)
  await removeImage(image)
  expect(await whichRuns(await freshDriver({ pullPolicy: 'default' }), image)).toMatch(/CannotPullContainerError/)
})

it('lists what it pulled and when it was used, and what images share', async () => {
  const image = await push('one', 'team/listed:v1')
  const other = await push('two', 'team/other:v1')
  const driver = await freshDriver()
  expect(await whichRuns(driver, other)).toBe('two')
  await driver.start(attempt('listed', 'sleep 600', { image }))
  const { images, diskBytes } = await driver.images.list()
  const bytes = images.find(({ names }) => names.includes(image))
  expect(bytes).toMatchObject({ pulledHere: true, containers: 1, isWanted: false })
  expect(bytes!.bytes).toBeGreaterThan(500_000)
  expect(bytes!.sharedBytes).toBe(bytes!.bytes)
  expect(diskBytes).toBeGreaterThanOrEqual(bytes!.bytes)
  expect(bytes!.lastUsedAtMs).toBeGreaterThanOrEqual(bytes!.pulledAtMs!)
  expect(images.find(({ names }) => names.includes(`docker.io/library/${baseImage}`))).toMatchObject({
    pulledHere: false,
  })
  expect(images.flatMap(({ names }) => names).join()).not.toContain('network-holder')
  await driver.stop('listed', 0)
  await driver.remove('listed')
  for (const name of [image, other]) await removeImage(name)
})

it('removes old images that it pulled, and none in use, of others, excluded, or young', async () => {
  const [used, unused, excluded] = await Promise.all([
    push('one', 'team/used:v1'),
    push('two', 'team/unused:v1'),
    push('three', 'team/excluded:v1'),
  ])
  const dataDir = await freshFolder()
  const earlier = await freshDriver({ dataDir })
  for (const image of [unused, excluded]) expect(await whichRuns(earlier, image)).toMatch(/^(two|three)$/)
  await earlier.start(attempt('uses', 'sleep 600', { image: used }))
  // A later server knows it from the file.
  await earlier.close()
  const driver = await freshDriver({ dataDir })
  const names = (removed: readonly RemovedImage[]) => removed.flatMap((image) => image.names)

  expect((await driver.images.prune({ ...wish, minimumAgeMs: 3_600_000 })).removed).toEqual([])
  const exclude = [excluded]
  const none = await driver.images.prune({ ...wish, exclude, whileFreeBelowBytes: 1 })
  expect(none).toEqual({ removed: [], more: 0, why: 'enough space is free' })
  expect(names((await driver.images.prune({ ...wish, exclude, dryRun: true })).removed)).toEqual([unused])
  expect(names((await driver.images.prune({ ...wish, exclude })).removed)).toEqual([unused])
  expect(names((await driver.images.prune({ ...wish, exclude })).removed)).toEqual([])

  const left = (await driver.images.list()).images.flatMap((image) => image.names)
  expect(left).toEqual(expect.arrayContaining([used, excluded, `docker.io/library/${baseImage}`]))
  expect(left).not.toContain(unused)
  expect(driver.images.figures()).toMatchObject({ removed: 1, images: left.length })
  expect(await whichRuns(driver, unused)).toBe('two')

  await endUses(driver, used)
  expect(names((await driver.images.prune({ ...wish, most: 2 })).removed)).toHaveLength(2)
  expect(names((await driver.images.prune(wish)).removed)).toHaveLength(1)
})

/** Ends the job that an earlier driver of the same directory started. */
async function endUses(driver: DockerDriver, image: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [image] }))
  const path = `/containers/json?all=1&filters=${filters}`
  for (const { Id } of (await engineJson(engine.socketPath, 'GET', path)) as { Id: string }[])
    await callEngine(engine.socketPath, 'DELETE', `/containers/${Id}?force=1`)
  expect((await driver.images.list()).images.find(({ names }) => names.includes(image))?.containers).toBe(0)
}

it('an image whose name a later pull took is removed as one that was pulled', async () => {
  const image = await push('one', 'team/superseded:v1')
  const driver = await freshDriver({ pullPolicy: 'always' })
  expect(await whichRuns(driver, image)).toBe('one')
  await move(image, 'two')
  expect(await whichRuns(driver, image)).toBe('two')
  const { removed } = await driver.images.prune({ ...wish, exclude: [image] })
  expect(removed).toHaveLength(1)
  expect(removed[0]!.names.every((name) => name.includes('@'))).toBe(true)
  expect((await driver.images.prune(wish)).removed).toMatchObject([{ names: [image] }])
})
