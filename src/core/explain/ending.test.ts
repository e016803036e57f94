/** How jobs ended, as the answer to the question why. */

import { expect, test } from 'vitest'
import { containerReasons } from '../../model/status-reasons.ts'
import { attemptEnded, attemptStarted, attemptTimedOut } from '../job/attempt.ts'
import { terminateJob } from '../job/cancel.ts'
import { rulesOfAws } from '../state/state.ts'
import { exited, makeWorld, place, submit, type World } from '../world.testing.ts'
import { type Ending, endingOf } from './ending.ts'
import { meaningOfExitCode } from './exit-code.ts'

function ending(world: World, jobId: string): Ending | undefined {
  const all = () => [...world.finished.values()]
  return endingOf(world.job(jobId), {
    find: (id) => world.state.jobs.get(id) ?? world.finished.get(id),
    failedChildren: (id, limit) =>
      all()
        .filter((job) => job.jobId.startsWith(`${id}:`) && job.state.status === 'FAILED')
        .slice(0, limit),
    containerNames: () => new Map(),
  })
}

/** Runs the job's next attempt to this end. */
function run(world: World, jobId: string, outcome: ReturnType<typeof exited>, attempt = 1): void {
  place(world)
  world.do(attemptStarted({ jobId, attempt, startedAtMs: world.now }))
  world.do(attemptEnded({ jobId, attempt, outcome }))
}

test('a job that succeeded, and one that has not ended', () => {
  const world = makeWorld()
  const jobId = submit(world)
  expect(ending(world, jobId)).toBeUndefined()
  run(world, jobId, exited(0))
  expect(ending(world, jobId)).toMatchObject({
    ...{ attempt: 1, attemptsAllowed: 1, exitCode: 0, exitCodeMeaning: 'success' },
    log: { group: '/aws/batch/job', stream: expect.stringMatching(/^d\/default\/[0-9a-f]{32}$/) },
  })
  expect(ending(world, jobId)).not.toHaveProperty('notRetried')
})

test('attempts that are used up, and a strategy that says EXIT', () => {
  const world = makeWorld()
  const once = submit(world)
  run(world, once, exited(127))
  expect(ending(world, once)).toMatchObject({
    ...{ exitCode: 127, exitCodeMeaning: expect.stringContaining('not found') },
    notRetried: 'its retry strategy allows 1 attempt',
  })
  const twice = submit(world, { retryStrategy: { attempts: 2 } })
  run(world, twice, exited(1))
  run(world, twice, exited(2), 2)
  expect(ending(world, twice)).toMatchObject({
    ...{ attempt: 2, attemptsAllowed: 2, exitCode: 2, notRetried: 'its retry strategy allows 2 attempts' },
  })
  const lostOnce = makeWorld(undefined, { ...rulesOfAws, lostHostRetries: 1 })
  const regained = submit(lostOnce, {
    retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'EXIT', onReason: '*' }] },
  })
  run(lostOnce, regained, { kind: 'lost' })
  run(lostOnce, regained, exited(3), 2)
  expect(ending(lostOnce, regained)).toMatchObject({ attempt: 2, notRetried: expect.stringContaining('EXIT') })
  const exit = submit(world, { retryStrategy: { attempts: 3, evaluateOnExit: [{ action: 'EXIT', onExitCode: '3' }] } })
  run(world, exit, exited(3))
  expect(ending(world, exit)).toMatchObject({
    attempt: 1,
    attemptsAllowed: 3,
    notRetried: expect.stringContaining('EXIT'),
  })
})

test('a job killed for its memory, a terminated one, and one whose time was up', () => {
  const world = makeWorld()
  const large = submit(world)
  run(world, large, { kind: 'exited', exitCode: 137, outOfMemory: true, stoppedAtMs: 0 })
  expect(ending(world, large)).toMatchObject({
    ...{ exitCode: 137, exitCodeMeaning: expect.stringContaining('more memory'), reason: containerReasons.outOfMemory },
  })
  const stopped = submit(world, { retryStrategy: { attempts: 3 } })
  place(world)
  world.do(attemptStarted({ jobId: stopped, attempt: 1, startedAtMs: world.now }))
  world.do(terminateJob({ jobId: stopped, reason: 'enough', by: 'ada' }))
  world.do(attemptEnded({ jobId: stopped, attempt: 1, outcome: exited(143) }))
  expect(ending(world, stopped)).toMatchObject({
    ...{ exitCodeMeaning: expect.stringContaining('SIGTERM'), notRetried: expect.stringContaining('terminated') },
  })
  const slow = submit(world, { timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 3 } })
  place(world)
  world.do(attemptStarted({ jobId: slow, attempt: 1, startedAtMs: world.now }))
  world.do(attemptTimedOut({ jobId: slow, attempt: 1 }))
  world.do(attemptEnded({ jobId: slow, attempt: 1, outcome: exited(137) }))
  expect(ending(world, slow)).toMatchObject({ notRetried: 'a job that timed out is not tried again' })
})

test('a job whose dependency failed names it, and an array names its failed children', () => {
  const world = makeWorld()
  const first = submit(world)
  const other = submit(world)
  const after = submit(world, { dependsOn: [{ jobId: first }, { jobId: other }] })
  run(world, first, exited(1))
  run(world, other, exited(0))
  expect(ending(world, after)).toEqual({ attemptsAllowed: 1, failedDependencies: [first] })

  const array = submit(world, { arrayProperties: { size: 2 } })
  place(world)
  for (const [index, code] of [
    [0, 0],
    [1, 9],
  ] as const) {
    const jobId = `${array}:${index}`
    world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(code) }))
  }
  expect(ending(world, array)).toEqual({ attemptsAllowed: 1, failedChildren: [`${array}:1`] })
  expect(ending(world, `${array}:1`)).toMatchObject({ exitCode: 9 })
})

test('a signal is named, and an unknown code is the command’s own', () => {
  expect(meaningOfExitCode(139, false)).toContain('SIGSEGV')
  expect(meaningOfExitCode(170, false)).toBe('killed by signal 42')
  expect(meaningOfExitCode(42, false)).toContain('the command’s own')
  expect(meaningOfExitCode(255, false)).toContain('the command’s own')
})
