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
  const pulls = new ImagePulls(engine, 1, () => nowMs)
  const pull = pulls.pull(image, never, undefined, (progress) => heard.push(progress))
  const untilHeard = (text: string) => vi.waitFor(() => expect(heard.at(-1)).toBe(text))
  await untilHeard('is being pulled')
  nowMs += 1000
  layer('a', 'Downloading', 12 * mib, 30 * mib)
  await untilHeard('is being pulled: 12 of 30 MiB')
  layer('b', 'Downloading', 0, 10 * mib)
  layer('a', 'Downloading', 20 * mib, 30 * mib)
  // The line is read before the clock moves on.
  await new Promise(setImmediate)
  nowMs += 1000
  layer('a', 'Pull complete')
  await untilHeard('is being pulled: 30 of 40 MiB')
  end()
  await pull
  expect(heard).toEqual([
    'waits until fewer images are being pulled',
    ...['is being pulled', 'is being pulled: 12 of 30 MiB', 'is being pulled: 30 of 40 MiB'],
  ])
})

it('reports that a pull waits for others, and how far a pull is that another caller began', async () => {
  const first = scriptedEngine()
  const pulls = new ImagePulls(first.engine, 1)
  const heard: Record<string, string[]> = { first: [], second: [], other: [] }
  const pull = (who: string, name: string) =>
    pulls.pull(parseImageReference(name)!, never, undefined, (progress) => heard[who]!.push(progress))
  const begun = pull('first', 'busybox:1')
  const waiting = pull('other', 'alpine:1')
  await vi.waitFor(() => expect(heard.first!.at(-1)).toBe('is being pulled'))
  const joined = pull('second', 'busybox:1')
  expect(heard.second).toEqual(['is being pulled'])
  expect(heard.other).toEqual(['waits until fewer images are being pulled'])
  first.end()
  await Promise.all([begun, joined, waiting])
})
