/** Supervision on an engine that misbehaves on order, under a clock that the test moves. */
import { afterEach, describe, expect, test } from 'vitest'
import { terminateJob } from '../../core/job/cancel.ts'
import { startMs } from '../../core/world.testing.ts'
import { attemptName } from '../../model/job.ts'
import { lostGraceMs, Site } from './site.testing.ts'

let site = new Site()
afterEach(async () => {
  await site.supervisor.close()
  await site.driver.close()
  site = new Site()
})

test('an attempt is started, followed, reported when its log is complete, and removed when its end is durable', async () => {
  const jobId = await site.submit(['print hello x3', 'run 5s', 'print bye', 'exit 3'])
  await site.finished(jobId)
  await site.removed()
  expect(site.story).toEqual(['start started', 'RUNNING', '4 lines complete', 'FAILED', 'remove'])
  expect(site.lines()).toEqual(['hello 1', 'hello 2', 'hello 3', 'bye'])
  const [attempt] = site.job(jobId).attempts
  expect(attempt).toMatchObject({ exitCode: 3, statusReason: 'Essential container in task exited' })
  expect(attempt!.stoppedAtMs - attempt!.startedAtMs!).toBe(5_000)
  expect(await site.driver.list()).toEqual([])
})

test("the only container of a job has the attempt's name, and no record of its own", async () => {
  const jobId = await site.submit(['print hello', 'exit 0'])
  await site.finished(jobId)
  expect(site.starts.map(({ name, group }) => [name, group])).toEqual([[attemptName(jobId, 1), undefined]])
  const [attempt] = site.job(jobId).attempts
  expect(attempt).not.toHaveProperty('containers')
  expect(site.streams()).toEqual([attempt!.logStreamName])
})

test('an attempt that does not start fails with its reason', async () => {
  const jobId = await site.submit(['fail-to-start CannotPullContainerError: none'])
  await site.finished(jobId)
  expect(site.job(jobId).attempts).toMatchObject([
    { reason: 'CannotPullContainerError: none', statusReason: 'Task failed to start' },
  ])
  expect(site.story).not.toContain('RUNNING')
})

test('a start whose reply was lost is asked again, and runs once', async () => {
  const jobId = await site.submit(['lose-reply', 'print once', 'run 1s'])
  await site.finished(jobId)
  await site.removed()
  expect(site.story).toEqual(['start unknown', 'start started', 'RUNNING', '1 lines complete', 'SUCCEEDED', 'remove'])
  expect(site.lines()).toEqual(['once'])
})

test('the reason for a pending start is kept until the attempt runs, whether the driver calls back or answers', async () => {
  const { start } = site.watched
  const answers = ['it waits for its turn', 'it waits for its licences']
  site.watched.start = async (...given) => {
    const why = answers.shift()
    return why === undefined ? start(...given) : { kind: 'starting', why }
  }
  const jobId = await site.submit(['pull 1m it waits for its image', 'run 1s'])
  const name = attemptName(jobId, 1)
  const said: (string | undefined)[] = []
  await site.until(() => {
    const why = site.pending.why(name)
    if (why !== said.at(-1)) said.push(why)
    return site.status(jobId) === 'RUNNING'
  }, 'RUNNING')
  expect(said).toEqual(['it waits for its turn', 'it waits for its licences', 'it waits for its image', undefined])
  await site.finished(jobId)
  expect(site.job(jobId).state.status).toBe('SUCCEEDED')
})

test('a retry is another attempt with a name of its own', async () => {
  const jobId = await site.submit(['exit 1'], { retryStrategy: { attempts: 2 } })
  await site.finished(jobId)
  await site.removed()
  expect(site.job(jobId).attempts.map(({ number }) => number)).toEqual([1, 2])
  expect(site.story.filter((it) => it === 'start started')).toHaveLength(2)
  expect(await site.driver.list()).toEqual([])
})

describe('an engine that cannot be reached', () => {
  test('changes no state, however long it is away; then the job continues as if nothing had happened', async () => {
    const jobId = await site.submit(['print before', 'run 10s', 'print after'])
    await site.running(jobId)
    site.control.unreachable()
    await site.pass(10 * lostGraceMs)
    expect(site.status(jobId)).toBe('RUNNING')
    site.control.reachable()
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(site.lines()).toEqual(['before', 'after'])
  })

  test('while an attempt is to start, gets the start when it is back', async () => {
    site.control.unreachable()
    const jobId = await site.submit(['run 1s'])
    await site.pass(10 * lostGraceMs)
    expect(site.status(jobId)).toBe('STARTING')
    site.control.reachable()
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
  })
})

test('an attempt that ended while the engine was away is removed when it is back, before any search for orphans', async () => {
  site.trouble.remove.push('away', 'away', 'away')
  const jobId = await site.submit(['run 1s'])
  await site.finished(jobId)
  const endedAtMs = site.clock.now()
  await site.removed()
  expect(site.clock.now() - endedAtMs).toBeLessThan(2_000)
  expect(await site.driver.list()).toEqual([])
})

test('an attempt that a healthy engine denies is lost only after the grace', async () => {
  const jobId = await site.submit(['run 1s', 'vanish'])
  await site.running(jobId)
  await site.pass(1_000 + lostGraceMs - 1)
  expect(site.status(jobId)).toBe('RUNNING')
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({
    status: 'FAILED',
    statusReason: 'Host EC2 (instance i-000000000000000h1) terminated.',
  })
})

describe('a terminate', () => {
  const reason = 'enough'
  const terminate = (jobId: string) => site.loop.execute(terminateJob({ jobId, reason }))

  test('of a running job: SIGTERM, the grace, SIGKILL', async () => {
    const jobId = await site.submit(['ignore TERM', 'wait never'])
    await site.running(jobId)
    const atMs = site.clock.now()
    await terminate(jobId)
    await site.finished(jobId)
    expect(site.job(jobId)).toMatchObject({ isTerminated: true, state: { status: 'FAILED', statusReason: reason } })
    expect(site.job(jobId).attempts).toMatchObject([{ exitCode: 137, stoppedAtMs: atMs + 30_000 }])
  })

  test('during a long start ends it: it never runs', async () => {
    const jobId = await site.submit(['pull 1h', 'print never'])
    await site.pass(1_000)
    await terminate(jobId)
    await site.finished(jobId)
    expect(site.clock.now()).toBeLessThan(startMs + 1_000_000 + 600_000)
    expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason })
    expect(site.job(jobId).state).not.toHaveProperty('startedAtMs')
    expect([site.lines(), site.story.includes('RUNNING')]).toEqual([[], false])
  })

  test('whose stop was interrupted by a restart is carried out after it', async () => {
    const jobId = await site.submit(['ignore TERM', 'wait never'])
    await site.running(jobId)
    await terminate(jobId)
    await site.restart()
    await site.finished(jobId)
    expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason })
  })

  test('of a start that a restart interrupted: nothing is started again', async () => {
    const jobId = await site.submit(['pull 1h', 'print never'])
    await site.pass(1_000)
    site.control.unreachable()
    await terminate(jobId)
    const asked = site.starts.length
    await site.restart()
    await site.pass(60_000)
    expect(site.status(jobId)).toBe('STARTING')
    site.control.reachable()
    await site.finished(jobId)
    expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason })
    expect([site.starts.length, site.story.includes('RUNNING'), site.lines()]).toEqual([asked, false, []])
  })

  test('while the engine is away is carried out when it is back', async () => {
    const jobId = await site.submit(['wait never'])
    await site.running(jobId)
    site.control.unreachable()
    await terminate(jobId)
    await site.pass(120_000)
    expect(site.status(jobId)).toBe('RUNNING')
    site.control.reachable()
    await site.finished(jobId)
    expect(site.job(jobId).attempts).toMatchObject([{ exitCode: 143, statusReason: reason }])
  })
})

test('a job that runs too long is stopped at its time, even after a restart', async () => {
  const jobId = await site.submit(['wait never'], { timeout: { attemptDurationSeconds: 60 } })
  await site.running(jobId)
  const startedAtMs = site.clock.now()
  await site.pass(20_000)
  await site.restart()
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({ statusReason: 'Job attempt duration exceeded timeout' })
  expect(site.job(jobId).attempts[0]!.stoppedAtMs - startedAtMs).toBe(60_000)
})

describe('a restart', () => {
  test('leaves a running job running, and adopts it: no line twice, none lost', async () => {
    const jobId = await site.submit(['print one', 'run 10s', 'print two', 'run 10s', 'print three'])
    await site.running(jobId)
    await site.pass(1_000)
    await site.restart(() => site.pass(15_000))
    await site.finished(jobId)
    expect(site.lines()).toEqual(['one', 'two', 'three'])
    expect(site.story.filter((it) => it.startsWith('start'))).toEqual(['start started'])
  })

  test('reads the exit of a job that ended meanwhile', async () => {
    const jobId = await site.submit(['run 10s', 'print last words', 'exit 4'])
    await site.running(jobId)
    await site.restart(() => site.pass(3_600_000))
    await site.finished(jobId)
    const [attempt] = site.job(jobId).attempts
    expect(attempt).toMatchObject({ exitCode: 4 })
    expect(attempt!.stoppedAtMs - attempt!.startedAtMs!).toBe(10_000)
    expect(site.lines()).toEqual(['last words'])
  })

  test('takes an attempt’s start from the engine, not from its own clock', async () => {
    site.control.setStartDelay(5_000)
    const jobId = await site.submit(['wait morning', 'run 10s'])
    const placedAtMs = site.clock.now()
    await site.pass(1_000)
    expect(site.status(jobId)).toBe('STARTING')
    await site.restart(() => site.pass(3_600_000))
    await site.running(jobId)
    expect(site.job(jobId).state).toMatchObject({ startedAtMs: placedAtMs + 5_000 })
    const openedAtMs = site.clock.now()
    site.control.openGate('morning')
    await site.finished(jobId)
    expect(site.job(jobId).attempts).toMatchObject([
      { startedAtMs: placedAtMs + 5_000, stoppedAtMs: openedAtMs + 10_000, exitCode: 0 },
    ])
  })

  test('does not wait for a long start or for a stop’s grace', async () => {
    await site.submit(['pull 1h'])
    const stubborn = await site.submit(['ignore TERM', 'wait never'])
    await site.running(stubborn)
    await site.loop.execute(terminateJob({ jobId: stubborn, reason: 'r' }))
    await site.pass(10)
    const atMs = site.clock.now()
    await site.supervisor.close()
    expect(site.clock.now()).toBe(atMs)
    expect(await site.driver.list()).toHaveLength(2)
  })
})

test('no two attempts listen to the same signal, and each is released when the server closes', async () => {
  const ids = [await site.submit(['wait']), await site.submit(['wait']), await site.submit(['wait'])]
  for (const jobId of ids) await site.running(jobId)
  await site.pass(10)
  expect(new Set(site.readSignals).size).toBe(3)
  await site.supervisor.close()
  expect(site.readSignals.every(({ aborted }) => aborted)).toBe(true)
})

describe('a log that cannot be written', () => {
  test('is tried again from where it stopped, and the end waits for it', async () => {
    site.trouble.append.push('', '', 'ENOSPC', 'ENOSPC')
    const jobId = await site.submit(['print line x5', 'exit 0'])
    await site.finished(jobId)
    expect(site.lines()).toEqual([1, 2, 3, 4, 5].map((n) => `line ${n}`))
    expect(site.story.indexOf('5 lines complete')).toBeLessThan(site.story.indexOf('SUCCEEDED'))
  })

  test('or opened, is opened later', async () => {
    site.trouble.open.push('EMFILE', 'EMFILE')
    const jobId = await site.submit(['print line', 'exit 0'])
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(site.lines()).toEqual(['line'])
  })
})

test('followed attempts are not taken for orphans until they are removed', async () => {
  const jobId = await site.submit(['run 1s'])
  await site.running(jobId)
  expect(site.supervisor.isFollowed(attemptName(jobId, 1))).toBe(true)
  await site.finished(jobId)
  await site.removed()
  await site.pass(0)
  expect(site.supervisor.isFollowed(attemptName(jobId, 1))).toBe(false)
})
