/** What callers who wait for an image hear about its pull. */
import { Readable } from 'node:stream'
import { expect, it, vi } from 'vitest'
import { parseImageReference } from '../../model/image-reference.ts'
import type { EngineClient } from './engine-client.ts'
import { ImagePulls } from './image-pulls.ts'

const image = parseImageReference('busybox:1')!
const mib = 1024 * 1024
const never = new AbortController().signal

/** An engine that pulls on order, one line of progress after the other. */
function scriptedEngine() {
  const answer = new Readable({ read() {} })
  const engine = { stream: async () => answer } as unknown as EngineClient
  const layer = (id: string, status: string, current = 0, total = 0) =>
    answer.push(`${JSON.stringify({ id, status, progressDetail: { current, total } })}\n`)
  return { engine, layer, end: () => answer.push(null) }
}

it('reports about once a second how much is fetched, of the layers whose size is known', async () => {
  let nowMs = 0
  const { engine, layer, end } = scriptedEngine()
  const heard: string[] = []
  const pulls = new ImagePulls(engine, { atOnce: 1, steady: () => nowMs })
  const pull = pulls.pull(image, { signal: never, onProgress: (progress) => heard.push(progress) })
  const untilHeard = (text: string) => vi.waitFor(() => expect(heard.at(-1)).toBe(text))
  await untilHeard('is being pulled')
  nowMs += 1000
  layer('a', 'Downloading', 12 * mib, 30 * mib)
  await untilHeard('is being pulled: 0 of 1 layers, 12 of 30 MiB')
  layer('b', 'Downloading', 0, 10 * mib)
  layer('a', 'Downloading', 20 * mib, 30 * mib)
  // The line is read before the clock moves on.
  await new Promise(setImmediate)
  nowMs += 1000
  layer('a', 'Pull complete')
  await untilHeard('is being pulled: 1 of 2 layers, 30 of 40 MiB')
  end()
  await pull
  expect(heard).toEqual([
    'waits until fewer images are being pulled',
    ...[
      'is being pulled',
      'is being pulled: 0 of 1 layers, 12 of 30 MiB',
      'is being pulled: 1 of 2 layers, 30 of 40 MiB',
    ],
  ])
})

it('reports that a pull waits for others, and how far a pull is that another caller began', async () => {
  const first = scriptedEngine()
  const pulls = new ImagePulls(first.engine, { atOnce: 1 })
  const heard: Record<string, string[]> = { first: [], second: [], other: [] }
  const pull = (who: string, name: string) =>
    pulls.pull(parseImageReference(name)!, {
      signal: never,
      onProgress: (progress) => heard[who]!.push(progress),
    })
  const begun = pull('first', 'busybox:1')
  const waiting = pull('other', 'alpine:1')
  await vi.waitFor(() => expect(heard.first!.at(-1)).toBe('is being pulled'))
  const joined = pull('second', 'busybox:1')
  expect(heard.second).toEqual(['is being pulled'])
  expect(heard.other).toEqual(['waits until fewer images are being pulled'])
  first.end()
  await Promise.all([begun, joined, waiting])
})

/** An engine that fails with each of these texts, one a pull, and then has the image. */
function failingEngine(...texts: string[]) {
  const engine = {
    stream: async () => Readable.from(texts.length > 0 ? [JSON.stringify({ error: texts.shift() })] : []),
  } as unknown as EngineClient
  return { engine, left: texts }
}

it('tries again what may pass, at longer and longer intervals, and says so', async () => {
  const { engine } = failingEngine('connection reset', 'i/o timeout')
  const [waits, heard]: [number[], string[]] = [[], []]
  const pulls = new ImagePulls(engine, { atOnce: 1, tries: 5, wait: async (ms) => void waits.push(ms) })
  await pulls.pull(image, { signal: never, onProgress: (progress) => heard.push(progress) })
  expect(waits).toEqual([1100, 2200])
  expect(heard).toContain('could not be pulled, and is tried again (2 of 5 tries: i/o timeout)')
  expect(pulls.figures()).toMatchObject({ pulled: 1, failed: 2, underWay: 0 })
})

it('does not try again what is final, nor more often than it may', async () => {
  const wait = async () => {}
  const unauthorized = failingEngine('unauthorized: authentication required', 'never asked')
  const denied = new ImagePulls(unauthorized.engine, { atOnce: 1, tries: 5, wait })
  await expect(denied.pull(image, { signal: never })).rejects.toThrow('unauthorized')
  expect(unauthorized.left).toEqual(['never asked'])
  const away = failingEngine('EOF 1', 'EOF 2', 'EOF 3')
  const twice = new ImagePulls(away.engine, { atOnce: 1, tries: 2, wait })
  await expect(twice.pull(image, { signal: never })).rejects.toThrow('EOF 2')
  await expect(twice.pull(image, { signal: never, triesOnce: true })).rejects.toThrow('EOF 3')
})

it('tells nobody the credentials that an engine or a registry quotes, neither between tries nor at the end', async () => {
  const [username, password] = ['robot', 'hu"sh +hush']
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const texts = [
    `Get "https://robot:${encodeURIComponent(password)}@registry.example/v2/": EOF`,
    `Get "https://ada:guessed@cdn.example/blob?X-Amz-Signature=5ecre7&scope=pull": i/o timeout`,
    `proxy: header Authorization: Basic ${basic}, then ${JSON.stringify(password)}: EOF`,
    'challenge {"access_token":"0pen"}, Bearer eyJhbGciOi.eyJzdWIi.c2ln: reset',
  ]
  const wait = async () => {}
  const { engine } = failingEngine(...texts)
  const heard: string[] = []
  const pulls = new ImagePulls(engine, { atOnce: 1, tries: 4, wait })
  const onProgress = (progress: string) => {
    heard.push(progress, ...pulls.progress())
  }
  const pull = pulls.pull(image, { signal: never, credentials: { username, password }, onProgress })
  heard.push(
    (await pull.then(
      () => expect.unreachable(),
      (error: Error) => error.message,
    )) as string,
  )
  const all = heard.join('\n')
  for (const secret of [
    password,
    encodeURIComponent(password),
    'sh +hush',
    'guessed',
    '5ecre7',
    basic,
    '0pen',
    'eyJzdWIi',
  ])
    expect(all).not.toContain(secret)
  expect(all).toContain('(1 of 4 tries: Get "https://***@registry.example/v2/": EOF)')
  expect(all).toContain('https://***@cdn.example/blob?X-Amz-Signature=***&scope=pull": i/o timeout')
  expect(heard.at(-1)).toBe('challenge {"access_token":"***"}, Bearer ***: reset')
})

it('says between tries no more of a long text than a reason holds', async () => {
  const { engine } = failingEngine(`Get "https://registry.example/${'x'.repeat(5000)}": EOF`)
  const heard: string[] = []
  const pulls = new ImagePulls(engine, { atOnce: 1, tries: 2, wait: async () => {} })
  await pulls.pull(image, { signal: never, onProgress: (progress) => heard.push(progress) })
  const said = heard.find((progress) => progress.includes('is tried again'))!
  expect(said).toMatch(/^could not be pulled, .*Get "https:\/\/registry\.example\/x+ … .*": EOF\)$/)
  expect(said.length).toBeLessThan(350)
})
