/**
 * Attempts of several nodes, on an engine that misbehaves on order, under a clock that the test
 * moves.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { terminateJob } from '../../core/job/cancel.ts'
import { needs } from '../../core/world.testing.ts'
import type { SubmitJobRequest } from '../../model/generated/batch.ts'
import { attemptName } from '../../model/job.ts'
import { lostGraceMs, Site } from './site.testing.ts'

let site = new Site()
afterEach(async () => {
  await site.supervisor.close()
  await site.driver.close()
  site = new Site()
})

const node = (targetNodes: string, command: string[]) => ({
  targetNodes,
  container: { image: 'busybox', command, resourceRequirements: needs(1, 256) },
})

/** The main node is 0, and two other nodes do the same. */
const submit = (main: string[], others: string[], more: Partial<SubmitJobRequest> = {}) =>
  site.submitNew(
    {
      type: 'multinode',
      nodeProperties: { numNodes: 3, mainNode: 0, nodeRangeProperties: [node('0', main), node('1:2', others)] },
    },
    more,
  )

const starts = () => site.story.filter((it) => it.startsWith('start'))
const lastAttempt = (jobId: string) => site.job(jobId).attempts.at(-1)!

test('the main node starts first, the others when it runs, and its end ends the job', async () => {
  const jobId = await submit(['pull 10s', 'print main', 'run 20s', 'exit 3'], ['print other', 'wait never'])
  await site.pass(9_999)
  expect([site.status(jobId), starts()]).toEqual(['STARTING', []])
  expect(site.starts).toHaveLength(1)
  await site.finished(jobId)
  expect(site.story.slice(0, 4)).toEqual(['start n0c0 started', 'RUNNING', 'start n1c0 started', 'start n2c0 started'])
  const attempt = lastAttempt(jobId)
  expect(attempt).toMatchObject({ exitCode: 3, statusReason: 'Essential container in task exited' })
  expect(attempt.stoppedAtMs - attempt.startedAtMs!).toBe(20_000)
  expect(attempt.containers).toMatchObject({ n0c0: { exitCode: 3 }, n1c0: { exitCode: 143 }, n2c0: { exitCode: 143 } })
  expect(new Set(site.streams())).toEqual(new Set(attempt.nodes!.map(({ taskId }) => `many/default/${taskId}`)))
  expect(site.lines().sort()).toEqual(['main', 'other', 'other'])
  await site.until(() => site.story.filter((it) => it.startsWith('remove')).length === 3, 'the removals')
  expect(await site.driver.list()).toEqual([])
})

test('each node knows which one it is, and the others know where the main node is', async () => {
  const jobId = await submit(['run 5s'], ['wait never'])
  await site.finished(jobId)
  const [main, ...others] = site.starts
  expect(main!.environment).toMatchObject({
    AWS_BATCH_JOB_ID: `${jobId}#0`,
    AWS_BATCH_JOB_MAIN_NODE_INDEX: '0',
    AWS_BATCH_JOB_NODE_INDEX: '0',
    AWS_BATCH_JOB_NUM_NODES: '3',
  })
  expect(main!.environment).not.toHaveProperty('AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS')
  const { address } = lastAttempt(jobId).containers!.n0c0!
  expect(address).toMatch(/^10\./)
  for (const [index, { environment }] of others.entries())
    expect(environment).toMatchObject({
      AWS_BATCH_JOB_ID: `${jobId}#${index + 1}`,
      AWS_BATCH_JOB_MAIN_NODE_INDEX: '0',
      AWS_BATCH_JOB_NODE_INDEX: String(index + 1),
      AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS: address,
    })
  const name = attemptName(jobId, 1)
  expect(site.starts.map(({ group }) => group)).toEqual(
    [0, 1, 2].map((n) => ({ name: `${name}.n${n}`, ownAddress: true })),
  )
})

test('the main node need not be the first', async () => {
  const nodeRangeProperties = [node('0:1', ['wait never']), node('2:', ['run 5s', 'exit 0'])]
  const jobId = await site.submitNew({
    type: 'multinode',
    nodeProperties: { numNodes: 3, mainNode: 2, nodeRangeProperties },
  })
  await site.finished(jobId)
  expect(starts()).toEqual(['start n2c0 started', 'start n0c0 started', 'start n1c0 started'])
  expect([site.status(jobId), lastAttempt(jobId).exitCode]).toEqual(['SUCCEEDED', 0])
})

describe('another node', () => {
  test('that fails alone changes nothing', async () => {
    const jobId = await submit(['run 20s'], ['run 1s', 'exit 9'])
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { exitCode: 9 }, n2c0: { exitCode: 9 } })
  })

  test('that does not start changes nothing', async () => {
    const jobId = await submit(['run 20s'], ['fail-to-start CannotPullContainerError: none'])
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { reason: 'CannotPullContainerError: none' } })
  })

  test('that is lost changes nothing', async () => {
    const jobId = await submit(['run 20m'], ['run 1s', 'vanish'])
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(lastAttempt(jobId).stoppedAtMs - lastAttempt(jobId).startedAtMs!).toBe(1_200_000)
  })
})

describe('a main node', () => {
  test('that does not start: no other node starts', async () => {
    const jobId = await submit(['fail-to-start CannotPullContainerError: none'], ['print never'])
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({
      reason: 'CannotPullContainerError: none',
      statusReason: 'Task failed to start',
    })
    expect([starts(), site.lines()]).toEqual([['start n0c0 failed'], []])
  })

  test('that is lost ends the attempt as lost', async () => {
    const jobId = await submit(['run 1s', 'vanish'], ['wait never'])
    await site.running(jobId)
    await site.pass(1_000 + lostGraceMs - 1)
    expect(site.status(jobId)).toBe('RUNNING')
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ statusReason: 'Host EC2 (instance i-000000000000000h1) terminated.' })
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { exitCode: 143 }, n2c0: { exitCode: 143 } })
  })

  test('that fails with attempts left: all nodes run again', async () => {
    const jobId = await submit(['run 5s', 'exit 1'], ['wait never'], { retryStrategy: { attempts: 2 } })
    await site.finished(jobId)
    expect(site.job(jobId).attempts.map(({ exitCode }) => exitCode)).toEqual([1, 1])
    expect(starts()).toHaveLength(6)
    expect(new Set(site.streams()).size).toBe(6)
  })
})

describe('a stop', () => {
  test('by a terminate reaches every node', async () => {
    const jobId = await submit(['wait never'], ['ignore TERM', 'wait never'])
    await site.until(() => starts().length === 3, 'all nodes')
    await site.loop.execute(terminateJob({ jobId, reason: 'enough' }))
    const atMs = site.clock.now()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 143, statusReason: 'enough' })
    expect(lastAttempt(jobId).containers).toMatchObject({ n2c0: { exitCode: 137, stoppedAtMs: atMs + 30_000 } })
  })

  test('while the main node starts: nothing ever runs', async () => {
    const jobId = await submit(['pull 1h', 'print never'], ['print never'])
    await site.pass(1_000)
    await site.loop.execute(terminateJob({ jobId, reason: 'enough' }))
    await site.finished(jobId)
    expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: 'enough' })
    expect([starts(), site.lines()]).toEqual([['start n0c0 failed'], []])
  })

  test('by a timeout reaches every node, even after a restart', async () => {
    const jobId = await submit(['wait never'], ['wait never'], { timeout: { attemptDurationSeconds: 60 } })
    await site.running(jobId)
    await site.pass(20_000)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ statusReason: 'Job attempt duration exceeded timeout' })
    expect(Object.values(lastAttempt(jobId).containers!).map(({ exitCode }) => exitCode)).toEqual([143, 143, 143])
  })
})

describe('a restart', () => {
  test.each([0, 500, 1_000, 1_001, 3_000, 5_999, 6_000, 6_001])('after %i ms changes nothing', async (ms) => {
    const jobId = await submit(['pull 1s', 'print main', 'run 5s', 'exit 3'], ['pull 1s', 'print other', 'wait never'])
    await site.pass(ms)
    await site.restart()
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 3 })
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { exitCode: 143 }, n2c0: { exitCode: 143 } })
    expect(site.lines().sort()).toEqual(['main', 'other', 'other'])
    const { address } = lastAttempt(jobId).containers!.n0c0!
    for (const { environment } of site.starts.filter(({ name }) => !name.endsWith('n0c0')))
      expect(environment.AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS).toBe(address)
  })

  test('after the main node ended: the others are stopped, and none is started', async () => {
    const jobId = await submit(['run 10s', 'exit 4'], ['wait never'])
    await site.until(() => starts().length === 3, 'all nodes')
    await site.restart(() => site.pass(3_600_000))
    const before = starts().length
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 4 })
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { exitCode: 143 }, n2c0: { exitCode: 143 } })
    expect(starts()).toHaveLength(before)
  })

  test('after the main node ended before the others started: they never start', async () => {
    site.trouble.unanswered.push('n1c0', 'n2c0')
    const jobId = await submit(['run 10s', 'exit 4'], ['print never'])
    await site.pass(5_000)
    expect([site.status(jobId), starts()]).toEqual(['RUNNING', ['start n0c0 started']])
    await site.restart(() => site.pass(3_600_000))
    site.trouble.unanswered = []
    await site.finished(jobId)
    expect(lastAttempt(jobId)).toMatchObject({ exitCode: 4 })
    expect(Object.keys(lastAttempt(jobId).containers!)).toEqual(['n0c0'])
    expect(site.lines()).toEqual([])
  })

  test('after other nodes ended: they are not started again', async () => {
    const jobId = await submit(['run 2h'], ['run 1s', 'print done', 'exit 9'])
    await site.until(() => starts().length === 3, 'all nodes')
    await site.restart(() => site.pass(3_600_000))
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(lastAttempt(jobId).containers).toMatchObject({ n1c0: { exitCode: 9 }, n2c0: { exitCode: 9 } })
    expect(site.lines()).toEqual(['done', 'done'])
  })
})

test.each([false, true])(
  'an engine that does not answer starts: the other nodes start when it does (restart: %s)',
  async (restart) => {
    site.trouble.unanswered.push('n1c0', 'n2c0')
    const jobId = await submit(['run 10m'], ['print other', 'wait never'])
    await site.pass(10 * lostGraceMs)
    expect([site.status(jobId), starts()]).toEqual(['RUNNING', ['start n0c0 started']])
    if (restart) await site.restart()
    site.trouble.unanswered = []
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    expect(site.lines()).toEqual(['other', 'other'])
  },
)
