/** The story of a job's life, whichever way it went. */
import { expect, test } from 'vitest'
import { attemptEnded, attemptStarted } from '../job/attempt.ts'
import { terminateJob } from '../job/cancel.ts'
import { exited, makeWorld, place, startMs, submit, type World } from '../world.testing.ts'
import { type Story, storyOf } from './story.ts'

const tell = (world: World, jobId: string, most = 100): Story => storyOf(world.job(jobId), most)
const texts = (story: Story) => story.lines.map(({ text }) => text)

test('a job that is tried again, from its submission to its end', () => {
  const world = makeWorld()
  const before = submit(world)
  const jobId = submit(world, { dependsOn: [{ jobId: before }], retryStrategy: { attempts: 2 } })
  expect(texts(tell(world, jobId))).toEqual([`submitted by ada to q, as d:1, after ${before}`])
  place(world)
  world.do(attemptStarted({ jobId: before, attempt: 1, startedAtMs: world.now }))
  world.do(attemptEnded({ jobId: before, attempt: 1, outcome: exited(0) }))
  place(world)
  const placed = expect.stringMatching(
    /^attempt 1 was placed on h1 \(i-[0-9a-z]+\) of ce; the scripted driver starts it$/,
  )
  expect(texts(tell(world, jobId)).slice(1)).toEqual([placed])
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  expect(texts(tell(world, jobId)).slice(1)).toEqual([placed, 'attempt 1 is running'])
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(127) }))
  place(world)
  world.do(attemptStarted({ jobId, attempt: 2, startedAtMs: world.now }))
  world.do(attemptEnded({ jobId, attempt: 2, outcome: exited(0) }))
  const story = tell(world, jobId)
  expect(texts(story).slice(1)).toEqual([
    expect.stringMatching(/^attempt 1 was placed on i-/),
    'attempt 1 was running',
    expect.stringMatching(/^attempt 1 ended: exit code 127 \(.*not found\); Essential container in task exited$/),
    'to be tried again: its retry strategy allows 2 attempts',
    expect.stringMatching(/^attempt 2 was placed on i-/),
    'attempt 2 was running',
    expect.stringMatching(/^attempt 2 ended: exit code 0 \(success\)/),
    'SUCCEEDED: Essential container in task exited',
  ])
  const times = story.lines.flatMap(({ atMs }) => atMs ?? [])
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(Math.min(...times)).toBeGreaterThanOrEqual(startMs)
})

test('a job that a user stops', () => {
  const world = makeWorld()
  const jobId = submit(world)
  place(world)
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  world.do(terminateJob({ jobId, reason: 'enough', by: 'grace' }))
  expect(texts(tell(world, jobId)).at(-1)).toBe('terminated by grace: enough')
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(143, { stoppedAtMs: world.now }) }))
  expect(texts(tell(world, jobId)).slice(-3)).toEqual([
    'terminated by grace: enough',
    expect.stringContaining('attempt 1 ended: exit code 143 (killed by signal 15, SIGTERM'),
    'FAILED: enough',
  ])
})

test('an array counts its children when it has ended, and a child has a story of its own', () => {
  const world = makeWorld()
  const array = submit(world, { arrayProperties: { size: 2 } })
  place(world)
  for (const index of [0, 1]) {
    const jobId = `${array}:${index}`
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(index) }))
  }
  expect(texts(tell(world, array))).toEqual([
    'submitted by ada to q as an array of 2, as d:1',
    'children: 1 SUCCEEDED, 1 FAILED',
    'FAILED: Array Child Job failed',
  ])
  expect(texts(tell(world, `${array}:1`))).toHaveLength(5)
})

test('a long story keeps its beginning and its end', () => {
  const world = makeWorld()
  const jobId = submit(world, { retryStrategy: { attempts: 10 } })
  for (let attempt = 1; attempt <= 10; attempt++) {
    place(world)
    world.do(attemptStarted({ jobId, attempt, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt, outcome: exited(1) }))
  }
  const whole = tell(world, jobId)
  expect([whole.lines.length, whole.leftOut]).toEqual([1 + 4 * 10 - 1 + 1, 0])
  const cut = tell(world, jobId, 7)
  expect([cut.lines.length, cut.leftOut]).toEqual([7, 34])
  expect([cut.lines[0], cut.lines.at(-1)]).toEqual([whole.lines[0], whole.lines.at(-1)])
})
