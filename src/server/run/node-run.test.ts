/**
 * Attempts of several containers, on an engine that misbehaves on order, under a clock that the
 * test moves.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { terminateJob } from '../../core/job/cancel.ts'
import { needs, startMs } from '../../core/world.testing.ts'
import type { SubmitJobRequest, TaskContainerProperties } from '../../model/generated/batch.ts'
import { attemptName, partName } from '../../model/job.ts'
import { lostGraceMs, Site } from './site.testing.ts'

let site = new Site()
afterEach(async () => {
  await site.supervisor.close()
  await site.driver.close()
  site = new Site()
})

type More = Partial<TaskContainerProperties>

const essential = (name: string, command: string[], more: More = {}): TaskContainerProperties => ({
  name,
  image: 'busybox',
  command,
  resourceRequirements: needs(1, 256),
  ...more,
})
const helping = (name: string, command: string[], more: More = {}) =>
  essential(name, command, { essential: false, ...more })
const after = (containerName: string, condition: string) => ({ dependsOn: [{ containerName, condition }] })

const submit = (containers: TaskContainerProperties[], more: Partial<SubmitJobRequest> = {}) =>
  site.submitNew({ ecsProperties: { taskProperties: [{ containers }] } }, more)

const starts = () => site.story.filter((it) => it.startsWith('start'))
const lastAttempt = (jobId: string) => site.job(jobId).attempts.at(-1)!

/** A job of a common kind: a database beside it, and a container that runs before it. */
const common = [
  helping('db', ['print ready', 'wait never']),
  helping('migrate', ['run 2s', 'print migrated'], after('db', 'START')),
  essential('app', ['print hello', 'run 5s', 'print bye', 'exit 3'], {
    dependsOn: [
      { containerName: 'db', condition: 'START' },
      { containerName: 'migrate', condition: 'SUCCESS' },
    ],
  }),
]

test('each container starts when its dependencies hold; the end of the essential one is the end of all', async () => {
  const jobId = await submit(common)
  await site.until(() => starts().length === 2, 'the first two')
  await site.pass(1_999)
  expect(site.story).toEqual(['start n0c0 started', 'start n0c1 started'])
  expect(site.status(jobId)).toBe('STARTING')
  await site.finished(jobId)
  expect(starts()).toEqual(['start n0c0 started', 'start n0c1 started', 'start n0c2 started'])
  const attempt = lastAttempt(jobId)
  expect(attempt).toMatchObject({ exitCode: 3, statusReason: 'Essential container in task exited' })
  expect(attempt.stoppedAtMs - attempt.startedAtMs!).toBe(5_000)
  expect(attempt.containers).toMatchObject({ n0c0: { exitCode: 143 }, n0c1: { exitCode: 0 }, n0c2: { exitCode: 3 } })
  expect(attempt.containers!.n0c1!.stoppedAtMs! - attempt.containers!.n0c1!.startedAtMs!).toBe(2_000)
  const { taskId } = attempt
  expect(site.streams()).toEqual(['db', 'migrate', 'app'].map((name) => `many/${name}/${taskId}`))
  expect(['db', 'migrate', 'app'].map((name) => site.linesOf(name))).toEqual([
    ['ready'],
    ['migrated'],
    ['hello', 'bye'],
  ])
})

test('the end is reported when every log is complete, and then all containers are removed', async () => {
  const jobId = await submit(common)
  await site.finished(jobId)
  await site.until(() => site.story.filter((it) => it.startsWith('remove')).length === 3, 'the removals')
  const end = site.story.indexOf('FAILED')
  expect(site.story.slice(0, end).filter((it) => it.endsWith('complete'))).toHaveLength(3)
  expect(site.story.slice(end + 1).sort()).toEqual(['remove n0c0', 'remove n0c1', 'remove n0c2'])
  expect(await site.driver.list()).toEqual([])
})

test('the driver knows that the containers are one task', async () => {
  const jobId = await submit([essential('a', ['exit 0']), helping('b', ['exit 0'])])
  await site.finished(jobId)
  const name = attemptName(jobId, 1)
  expect(site.starts.map((spec) => [spec.name, spec.group])).toEqual([
    [`${name}.n0c0`, { name: `${name}.n0`, ownAddress: false }],
    [`${name}.n0c1`, { name: `${name}.n0`, ownAddress: false }],
  ])
  expect(site.starts[0]!.environment).toMatchObject({ AWS_BATCH_JOB_ID: jobId, AWS_BATCH_JOB_ATTEMPT: '1' })
  expect(site.starts[0]!.environment).not.toHaveProperty('AWS_BATCH_JOB_NODE_INDEX')
})

test('the job runs when the last of its essential containers does', async () => {
  const jobId = await submit([essential('a', ['wait never']), essential('b', ['pull 10s', 'wait never'])])
  await site.pass(9_000)
  expect(site.status(jobId)).toBe('STARTING')
  await site.running(jobId)
  const { state } = site.job(jobId)
  expect(state).toMatchObject({ status: 'RUNNING', startedAtMs: site.clock.now() })
})

describe('a container that does not start', () => {
  const none = 'CannotPullContainerError: none'

  test('and is essential ends the task: the others are stopped', async () => {
    const jobId = await submit([essential('a', [`fail-to-start ${none}`]), helping('b', ['wait never'])])
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ reason: none, statusReason: 'Task failed to start' })
    expect(lastAttempt(jobId).containers).toMatchObject({ n0c0: { reason: none }, n0c1: { exitCode: 143 } })
    expect(site.story).not.toContain('RUNNING')
  })

  test('and is not essential leaves the others alone', async () => {
    const jobId = await submit([helping('a', [`fail-to-start ${none}`]), essential('b', ['run 5s'])])
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(lastAttempt(jobId).containers).toMatchObject({ n0c0: { reason: none }, n0c1: { exitCode: 0 } })
  })

  test('because its dependency failed', async () => {
    const jobId = await submit([helping('a', ['exit 2']), essential('b', ['exit 0'], after('a', 'SUCCESS'))])
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({
      statusReason: 'Task failed to start',
      reason:
        'CannotStartContainerError: dependency of container b cannot be resolved: ' +
        'container a, on which it depends, did not exit successfully',
    })
    expect(starts()).toEqual(['start n0c0 started'])
  })

  test('because its dependency takes too long', async () => {
    const slow = helping('a', ['run 1h'], { startTimeout: 30 })
    const jobId = await submit([slow, essential('b', ['exit 0'], after('a', 'COMPLETE'))])
    const submittedAtMs = site.clock.now()
    await site.finished(jobId)
    expect(lastAttempt(jobId).reason).toMatch(/container a, on which it depends, has timed out$/)
    expect(lastAttempt(jobId).stoppedAtMs - submittedAtMs).toBe(30_000)
  })
})

test('a start whose reply was lost is asked again, and runs once', async () => {
  const jobId = await submit([essential('a', ['lose-reply', 'print once', 'run 1s']), helping('b', ['lose-reply'])])
  await site.finished(jobId)
  expect(site.linesOf('a')).toEqual(['once'])
  expect(site.status(jobId)).toBe('SUCCEEDED')
})

test('the first essential container to end decides, even if another has more to write', async () => {
  site.trouble.append.push('', 'ENOSPC', 'ENOSPC', 'ENOSPC')
  const jobId = await submit([essential('a', ['print line x3', 'exit 1']), essential('b', ['run 1ms', 'exit 2'])])
  await site.finished(jobId)
  expect(lastAttempt(jobId)).toMatchObject({ exitCode: 1 })
  expect(site.linesOf('a')).toHaveLength(3)
})

test('an end that was recorded before its log was complete: a restart stores the rest', async () => {
  site.trouble.append.push('', ...Array(60).fill('ENOSPC'))
  const jobId = await submit([essential('a', ['print line x3', 'exit 1']), essential('b', ['run 1ms', 'exit 2'])])
  await site.pass(2_000)
  expect([site.status(jobId), site.linesOf('a')]).toEqual(['RUNNING', ['line 1']])
  await site.restart()
  await site.finished(jobId)
  expect(lastAttempt(jobId)).toMatchObject({ exitCode: 1 })
  expect(site.linesOf('a')).toEqual(['line 1', 'line 2', 'line 3'])
})

describe('a stop', () => {
  const reason = 'enough'
  const terminate = (jobId: string) => site.loop.execute(terminateJob({ jobId, reason }))

  test('gives each container its own grace', async () => {
    const jobId = await submit([
      essential('a', ['run 1s', 'exit 0']),
      helping('b', ['ignore TERM', 'wait never'], { stopTimeout: 5 }),
      helping('c', ['ignore TERM', 'wait never']),
    ])
    await site.finished(jobId)
    const { containers = {}, stoppedAtMs } = lastAttempt(jobId)
    expect(containers.n0c1).toMatchObject({ exitCode: 137, stoppedAtMs: stoppedAtMs + 5_000 })
    expect(containers.n0c2).toMatchObject({ exitCode: 137, stoppedAtMs: stoppedAtMs + 30_000 })
    expect(site.status(jobId)).toBe('SUCCEEDED')
  })

  test('reaches a container after the ones that depend on it', async () => {
    const jobId = await submit([
      helping('db', ['trap TERM', 'wait never']),
      essential('app', ['ignore TERM', 'wait never'], { ...after('db', 'START'), stopTimeout: 20 }),
    ])
    await site.running(jobId)
    await terminate(jobId)
    const atMs = site.clock.now()
    await site.finished(jobId)
    expect(lastAttempt(jobId).containers).toMatchObject({
      n0c1: { exitCode: 137, stoppedAtMs: atMs + 20_000 },
      n0c0: { exitCode: 143, stoppedAtMs: atMs + 20_000 },
    })
  })

  test('by a terminate ends all containers, with its reason', async () => {
    const jobId = await submit([essential('a', ['wait never']), essential('b', ['wait never'])])
    await site.running(jobId)
    await terminate(jobId)
    await site.finished(jobId)
    expect(site.job(jobId)).toMatchObject({ isTerminated: true, state: { status: 'FAILED', statusReason: reason } })
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 143, statusReason: reason })
  })

  test('during a long start: containers that have not begun never do', async () => {
    const jobId = await submit([
      helping('a', ['wait never']),
      essential('b', ['pull 1h', 'print never'], after('a', 'START')),
      essential('c', ['print never'], after('b', 'START')),
    ])
    await site.pass(1_000)
    await terminate(jobId)
    await site.finished(jobId)
    expect(site.clock.now()).toBeLessThan(startMs + 1_000_000 + 600_000)
    expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: reason })
    expect(lastAttempt(jobId)).not.toHaveProperty('startedAtMs')
    expect(Object.keys(lastAttempt(jobId).containers!)).toEqual(['n0c0'])
    expect(site.lines()).toEqual([])
  })

  test('that a restart interrupted is carried out after it', async () => {
    const jobId = await submit([essential('a', ['ignore TERM', 'wait never']), helping('b', ['wait never'])])
    await site.running(jobId)
    await terminate(jobId)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 137, statusReason: reason })
    expect(lastAttempt(jobId).containers).toMatchObject({ n0c1: { exitCode: 143 } })
  })

  test('by a timeout counts from when the job ran, even after a restart', async () => {
    const jobId = await submit([essential('a', ['pull 20s', 'wait never']), helping('b', ['wait never'])], {
      timeout: { attemptDurationSeconds: 60 },
    })
    await site.running(jobId)
    const startedAtMs = site.clock.now()
    await site.pass(20_000)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ statusReason: 'Job attempt duration exceeded timeout' })
    expect(lastAttempt(jobId).stoppedAtMs - startedAtMs).toBe(60_000)
  })
})

describe('an engine that cannot be reached', () => {
  test('changes nothing, however long it is away', async () => {
    const jobId = await submit(common)
    await site.running(jobId)
    site.control.unreachable()
    await site.pass(10 * lostGraceMs)
    expect(site.status(jobId)).toBe('RUNNING')
    site.control.reachable()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3 })
    expect(site.linesOf('app')).toEqual(['hello', 'bye'])
  })

  test('between two starts, starts the rest when it is back', async () => {
    const jobId = await submit(common)
    await site.until(() => starts().length === 2, 'the first two')
    site.control.unreachable()
    await site.pass(10 * lostGraceMs)
    expect(site.status(jobId)).toBe('STARTING')
    site.control.reachable()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3 })
  })
})

describe('a container that a healthy engine denies', () => {
  test('is lost after the grace, and the task with it if the container is essential', async () => {
    const jobId = await submit([essential('a', ['run 1s', 'vanish']), helping('b', ['wait never'])])
    await site.running(jobId)
    await site.pass(1_000 + lostGraceMs - 1)
    expect(site.status(jobId)).toBe('RUNNING')
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ statusReason: 'Host EC2 (instance i-000000000000000h1) terminated.' })
    expect(lastAttempt(jobId).containers).toMatchObject({ n0c1: { exitCode: 143 } })
  })

  test('and that is not essential is not started again, even after a restart', async () => {
    const jobId = await submit([helping('a', ['run 1s', 'vanish']), essential('b', ['run 10m'])])
    await site.running(jobId)
    await site.pass(10_000)
    await site.restart()
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(starts().filter((it) => it.includes('n0c0'))).toHaveLength(1)
  })
})

describe('a restart', () => {
  test.each([0, 1, 500, 1_999, 2_000, 2_001, 4_000, 6_999, 7_000, 7_001])('after %i ms changes nothing', async (ms) => {
    const jobId = await submit(common)
    await site.pass(ms)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3, statusReason: 'Essential container in task exited' })
    expect(lastAttempt(jobId).containers).toMatchObject({
      n0c0: { exitCode: 143 },
      n0c1: { exitCode: 0 },
      n0c2: { exitCode: 3 },
    })
    expect(['db', 'migrate', 'app'].map((name) => site.linesOf(name))).toEqual([
      ['ready'],
      ['migrated'],
      ['hello', 'bye'],
    ])
    expect(site.starts.map(({ environment }) => environment.AWS_BATCH_JOB_ATTEMPT)).not.toContain('2')
  })

  test('after containers ended: goes on with the ones that depend on them', async () => {
    const jobId = await submit(common)
    await site.until(() => starts().length === 2, 'the first two')
    await site.restart(() => site.pass(3_600_000))
    expect(starts()).toHaveLength(2)
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3 })
    expect(site.linesOf('migrate')).toEqual(['migrated'])
  })

  test('after the essential container ended: nothing more starts, and the rest is stopped', async () => {
    const jobId = await submit([
      essential('app', ['run 10s', 'exit 4']),
      helping('side', ['wait never']),
      helping('slow', ['run 20s']),
      helping('last', ['print never'], after('slow', 'COMPLETE')),
    ])
    await site.running(jobId)
    await site.restart(() => site.pass(3_600_000))
    await site.finished(jobId)
    const attempt = lastAttempt(jobId)
    expect(attempt).toMatchObject({ exitCode: 4 })
    expect(attempt.stoppedAtMs - attempt.startedAtMs!).toBe(10_000)
    expect(attempt.containers).toMatchObject({ n0c1: { exitCode: 143 }, n0c2: { exitCode: 0 } })
    expect(attempt.containers).not.toHaveProperty('n0c3')
  })

  test('while the others are being stopped does not change which container decided', async () => {
    const jobId = await submit([
      essential('b', ['trap TERM 0', 'wait never']),
      essential('a', ['run 1s', 'exit 5']),
      helping('c', ['ignore TERM', 'wait never']),
    ])
    await site.running(jobId)
    await site.pass(2_000)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 5 })
    expect(lastAttempt(jobId).containers).toMatchObject({ n0c0: { exitCode: 0 }, n0c2: { exitCode: 137 } })
  })

  test('does not wait for a long start or for a stop’s grace', async () => {
    const jobId = await submit([essential('a', ['run 1s']), helping('b', ['ignore TERM', 'wait never'])])
    await submit([essential('a', ['pull 1h'])])
    await site.running(jobId)
    await site.pass(1_010)
    const atMs = site.clock.now()
    await site.supervisor.close()
    expect(site.clock.now()).toBe(atMs)
    expect(await site.driver.list()).toHaveLength(3)
  })
})

test('a log that cannot be opened is opened later', async () => {
  site.trouble.open.push('EMFILE', 'EMFILE', 'EMFILE')
  const jobId = await submit([essential('a', ['print a', 'run 5s']), helping('b', ['print b'])])
  await site.finished(jobId)
  expect([site.linesOf('a'), site.linesOf('b')]).toEqual([['a'], ['b']])
  expect(site.status(jobId)).toBe('SUCCEEDED')
})

test('a retry runs all containers again', async () => {
  const jobId = await submit(common, { retryStrategy: { attempts: 2 } })
  await site.finished(jobId)
  expect(site.job(jobId).attempts.map(({ exitCode }) => exitCode)).toEqual([3, 3])
  expect(starts()).toHaveLength(6)
  expect(new Set(site.streams()).size).toBe(6)
})

test('the parts of a followed attempt are not taken for orphans', async () => {
  const jobId = await submit([essential('a', ['run 1s']), helping('b', ['wait never'])])
  await site.running(jobId)
  const part = partName(attemptName(jobId, 1), { node: 0, container: 1 })
  expect(site.supervisor.isFollowed(part)).toBe(true)
  await site.finished(jobId)
  await site.until(() => site.story.filter((it) => it.startsWith('remove')).length === 2, 'the removals')
  await site.pass(0)
  expect(site.supervisor.isFollowed(part)).toBe(false)
})

describe('a pod', () => {
  const podContainer = (name: string, args: string[]) => ({
    name,
    image: 'busybox',
    args,
    resources: { limits: { cpu: '1', memory: '256Mi' } },
  })
  const submitPod = (init: string[][], main: string[][]) =>
    site.submitNew({
      eksProperties: {
        podProperties: {
          initContainers: init.map((args, index) => podContainer(`init${index}`, args)),
          containers: main.map((args, index) => podContainer(`main${index}`, args)),
        },
      },
    })

  test('goes on until all have ended, its init containers first, one by one', async () => {
    const jobId = await submitPod([['run 2s'], ['run 2s']], [['run 1s'], ['run 9s', 'exit 3']])
    await site.finished(jobId)
    expect(starts()).toEqual([0, 1, 2, 3].map((index) => `start n0c${index} started`))
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3 })
    expect(Object.values(lastAttempt(jobId).containers!).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 3])
    const { environment } = site.starts[0]!
    expect(environment.AWS_BATCH_JOB_KUBERNETES_NODE_UID).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(environment).not.toHaveProperty('AWS_EXECUTION_ENV')
  })

  test('fails when its init container fails', async () => {
    const jobId = await submitPod([['exit 2'], ['print never']], [['print never']])
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 2 })
    expect([starts(), site.lines()]).toEqual([['start n0c0 started'], []])
  })
})
