/** Which images count as pulled by this driver, when others pull, build and remove images beside it. */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, it, vi } from 'vitest'
import { parseImageReference } from '../../model/image-reference.ts'
import { DockerImages } from './docker-images.ts'
import { type EngineCall, type EngineClient, EngineRefusal } from './engine-client.ts'
import { ImageRecords } from './image-records.ts'

const folder = mkdtempSync(join(tmpdir(), 'openbatch-docker-images-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tool = 'registry.example/lab/tool:1'
const never = new AbortController().signal
const wish = { minimumAgeMs: 0, most: 10, untracked: false, exclude: [] }

/** An engine with images by name. A pull of a name gives it what the registry has, when it is let go on. */
class FakeEngine implements EngineClient {
  readonly images = new Map<string, string>()
  readonly registry = new Map<string, string>()
  readonly deleted: string[] = []
  /** The pulls that have begun and not ended, by name. */
  readonly pulls = new Map<string, () => void>()
  beforeDelete: (name: string) => void | Promise<void> = () => {}

  async call<T>({ method, path }: EngineCall): Promise<T> {
    if (path === '/containers/json') return [] as T
    if (path === '/system/df') throw new EngineRefusal(500, 'not counted')
    if (path === '/images/json') return this.#rows() as T
    const name = path.replace(/^\/images\//, '').replace(/\/json$/, '')
    if (method === 'DELETE') return (await this.#delete(name)) as T
    const Id = this.images.get(name)
    if (Id === undefined) throw new EngineRefusal(404, `No such image: ${name}`)
    return { Id } as T
  }

  async stream({ query }: EngineCall): Promise<never> {
    const name = `${query!.fromImage}:${query!.tag}`
    const answer = new Readable({ read() {} })
    this.pulls.set(name, () => {
      this.images.set(name, this.registry.get(name)!)
      this.pulls.delete(name)
      answer.push(null)
    })
    return answer as never
  }

  close() {}

  async #delete(name: string): Promise<undefined> {
    await this.beforeDelete(name)
    this.images.delete(name)
    this.deleted.push(name)
  }

  #rows() {
    const ids = [...new Set(this.images.values())]
    const tagsOf = (id: string) => [...this.images].filter(([, of]) => of === id).map(([name]) => name)
    return ids.map((Id) => ({ Id, RepoTags: tagsOf(Id), RepoDigests: [], Size: 1, Created: 1 }))
  }
}

let records = 0
function setting({ atOnce = 2 } = {}) {
  const engine = new FakeEngine()
  let nowMs = 1000
  const path = join(folder, `images-${++records}.json`)
  const kept = new ImageRecords(path)
  const images = new DockerImages({
    ...{ engine, records: kept, policy: 'prefer-cached', atOnce, tries: 1, isLocal: true },
    now: () => ++nowMs,
  })
  const fetch = (name: string) => images.fetch(parseImageReference(name)!, { signal: never })
  /** Ends the pull of the name as soon as it has begun. */
  const arrives = async (name: string, id: string) => {
    engine.registry.set(name, id)
    await vi.waitFor(() => expect(engine.pulls.has(name)).toBe(true))
    engine.pulls.get(name)!()
  }
  const removed = async () => (await images.prune(wish)).removed.flatMap(({ names }) => names)
  return { engine, images, fetch, arrives, removed, kept, path }
}

it('an image that others built while its pull waited for other pulls is theirs', async () => {
  const { engine, images, fetch, arrives, removed } = setting({ atOnce: 1 })
  const first = fetch('registry.example/lab/other:1')
  await vi.waitFor(() => expect(engine.pulls.size).toBe(1))
  const second = fetch(tool)
  engine.images.set(tool, 'sha256:theirs')
  await arrives('registry.example/lab/other:1', 'sha256:other')
  await first
  // The registry has the same image: the engine answers that it is up to date.
  await arrives(tool, 'sha256:theirs')
  await second
  expect((await images.list()).images).toMatchObject([
    { names: [tool], pulledHere: false },
    { names: ['registry.example/lab/other:1'], pulledHere: true },
  ])
  expect(await removed()).toEqual(['registry.example/lab/other:1'])
})

it('an image that was removed by hand and pulled again by others is theirs', async () => {
  const { engine, images, fetch, arrives, removed } = setting()
  const pull = fetch(tool)
  await arrives(tool, 'sha256:one')
  await pull
  expect((await images.list()).images).toMatchObject([{ pulledHere: true }])
  engine.images.delete(tool)
  expect((await images.list()).images).toEqual([])
  engine.images.set(tool, 'sha256:one')
  expect((await images.list()).images).toMatchObject([{ names: [tool], pulledHere: false }])
  expect(await removed()).toEqual([])
})

it('a name that others give to their image during a clean-up stays', async () => {
  const { engine, fetch, arrives, removed } = setting()
  const names = [tool, 'registry.example/lab/second:1']
  for (const [index, name] of names.entries()) {
    const pull = fetch(name)
    await arrives(name, `sha256:${index}`)
    await pull
  }
  engine.beforeDelete = () => {
    engine.images.set(names[1]!, 'sha256:theirs')
  }
  expect(await removed()).toEqual([tool])
  expect(engine.deleted).toEqual([tool])
  expect(engine.images.get(names[1]!)).toBe('sha256:theirs')
})

it('an image that was pulled is on disk as this driver’s once the pull has ended, as are those pulled beside it', async () => {
  const { fetch, arrives, path } = setting({ atOnce: 8 })
  const names = Array.from({ length: 8 }, (_, index) => `registry.example/lab/tool-${index}:1`)
  const pulls = names.map(fetch)
  await Promise.all(names.map((name, index) => arrives(name, `sha256:${index}`)))
  await Promise.all(pulls)
  // As after a crash: nothing was closed.
  const later = new ImageRecords(path)
  for (const [index, name] of names.entries())
    expect(await later.find(name)).toMatchObject({ imageId: `sha256:${index}`, isOurs: true })
})

it('a pull that ends while a clean-up removes the image before it stays known', async () => {
  const { engine, images, fetch, arrives, removed } = setting()
  const names = [tool, 'registry.example/lab/second:1']
  const pull = async (name: string) => {
    const pulled = fetch(name)
    await arrives(name, 'sha256:one')
    await pulled
  }
  for (const name of names) await pull(name)
  engine.beforeDelete = async (name) => {
    if (name === names[1]) await pull(tool)
  }
  expect(await removed()).toEqual(names)
  expect((await images.list()).images).toMatchObject([{ names: [tool], pulledHere: true }])
})

it('a file that cannot be read for a while is not written over', async () => {
  const { fetch, arrives, kept, path } = setting()
  mkdirSync(path)
  expect(await kept.find(tool)).toBeUndefined()
  rmdirSync(path)
  writeFileSync(
    path,
    JSON.stringify({ version: 1, images: { earlier: { isOurs: true, pulledAtMs: 1 } }, leftovers: [] }),
  )
  const pull = fetch(tool)
  await arrives(tool, 'sha256:one')
  await pull
  const later = new ImageRecords(path)
  expect(await later.find('earlier')).toEqual({ isOurs: true, pulledAtMs: 1 })
  expect(await later.find(tool)).toMatchObject({ imageId: 'sha256:one' })
})
