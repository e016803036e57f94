/** What watchers are told: each change once it is durable, gathered, and what they missed for a moment. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeWorld, place, queueRequest, submit, type World } from '../../core/world.testing.ts'
import { limits } from '../../model/limits.ts'
import { jobOf } from '../../store/jobs.testing.ts'
import { type Batch, ChangeFeed } from './change-feed.ts'

let world: World
let feed: ChangeFeed
let now: number
let stored: Map<string, ReturnType<typeof jobOf>>
beforeEach(() => {
  now = 1000
  stored = new Map()
  world = makeWorld((events) => feed?.take(events))
  feed = new ChangeFeed({
    ...{ state: () => world.state, now: () => now, gatherMs: 0, keptMs: 60_000 },
    store: { getJobs: (ids) => new Map(ids.flatMap((id) => (stored.has(id) ? [[id, stored.get(id)!] as const] : []))) },
  })
})
afterEach(() => feed.stop())

/** Resolves with the next batch. */
const next = (lastId?: string) => {
  let watching!: ReturnType<ChangeFeed['watch']>
  const batch = new Promise<Batch>((resolve) => {
    watching = feed.watch(resolve, lastId)
  })
  return { batch, missed: watching.missed, stop: () => watching.stop() }
}

test('changes of a moment come as one, as the job is by then', async () => {
  const { batch } = next()
  const jobId = submit(world)
  place(world)
  world.do(queueRequest('other', ['ce']))
  const { changes, id } = await batch
  expect(changes).toEqual([
    { kind: 'queue', name: 'other' },
    { kind: 'job', jobId, jobQueue: 'q', owner: 'ada', status: 'STARTING' },
  ])
  expect(feed.lastId).toBe(id)
})

test('a child is told of with its array, and an ended job is read from the store', async () => {
  const arrayJobId = submit(world, { arrayProperties: { size: 3 } })
  stored.set('job-7', jobOf(7, 'FAILED'))
  const { batch } = next()
  place(world)
  feed.take([{ type: 'jobTagsChanged', jobId: 'job-7', tags: {} }])
  const { changes } = await batch
  expect(changes).toContainEqual({ kind: 'job', jobId: arrayJobId, jobQueue: 'q', owner: 'ada', status: 'PENDING' })
  expect(changes).toContainEqual({
    ...{ kind: 'job', jobId: `${arrayJobId}:0`, arrayJobId, jobQueue: 'q', owner: 'ada', status: 'STARTING' },
  })
  expect(changes).toContainEqual({ kind: 'job', jobId: 'job-7', jobQueue: 'q', owner: 'ada', status: 'FAILED' })
})

test('who was away for a moment gets what they missed, and who was away for long is told so', async () => {
  const first = next()
  submit(world)
  const { id } = await first.batch
  first.stop()
  const watcher = next()
  const jobId = submit(world)
  const second = await watcher.batch
  watcher.stop()
  now += 59_000
  const back = next(id)
  expect(back.missed).toEqual([second])
  expect(second.changes).toMatchObject([{ jobId }])
  expect(next(second.id).missed).toEqual([])
  expect(next('unknown').missed).toBeUndefined()
  feed.stop()
  back.stop()
  now += 3_600_000
  expect(next(id).missed).toBeUndefined()
})

test('nothing is gathered while nobody watches', () => {
  const before = feed.lastId
  submit(world)
  expect(feed.watch(() => {}, before).missed).toBeUndefined()
})

test('too many changes of one moment are one notice', async () => {
  const { batch } = next()
  feed.take(
    Array.from({ length: limits.changesKept + 1 }, (_, n) => ({ type: 'jobTagsChanged', jobId: `job-${n}`, tags: {} })),
  )
  expect((await batch).changes).toBeUndefined()
})

test('a store that cannot be read leaves a notice too', async () => {
  const broken = new ChangeFeed({
    ...{ state: () => world.state, now: () => now, gatherMs: 0 },
    store: {
      getJobs: () => {
        throw new Error('the disk is gone')
      },
    },
  })
  const batch = new Promise<Batch>((resolve) => void broken.watch(resolve))
  broken.take([{ type: 'jobTagsChanged', jobId: 'job-1', tags: {} }])
  expect((await batch).changes).toBeUndefined()
  broken.stop()
})

test('what is kept is bounded', async () => {
  const { id } = await (async () => {
    const { batch } = next()
    submit(world)
    return batch
  })()
  for (let round = 0; round < 3; round++) {
    const { batch, stop } = next()
    for (let n = 0; n < limits.changesKept / 2; n++) stored.set(`job-${n}`, jobOf(n + 1, 'FAILED'))
    feed.take(
      Array.from({ length: limits.changesKept / 2 }, (_, n) => ({
        type: 'jobTagsChanged',
        jobId: `job-${n}`,
        tags: {},
      })),
    )
    await batch
    stop()
  }
  expect(feed.watch(() => {}, id).missed).toBeUndefined()
})
