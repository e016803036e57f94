/**
 * Jobs that wait for others: arrays pair by pair and one after the other, a diamond with one
 * failing leg, and what is listed meanwhile.
 */
import { expect, test } from 'vitest'
import type { JobDetail } from '../../../src/model/generated/batch.ts'
import { allVcpus, describeJob, listed, needs, reach, register, type Setting, submit } from './setting.ts'

export function exerciseDependencies(given: () => Setting): void {
  const children = async (arrayJobId: string, size: number): Promise<JobDetail[]> => {
    const ids = Array.from({ length: size }, (_, index) => `${arrayJobId}:${index}`)
    const { jobs } = await given().asUser.batch('DescribeJobs', { jobs: ids })
    return jobs!.toSorted((a, b) => a.arrayProperties!.index! - b.arrayProperties!.index!)
  }

  test('each child of an array waits for its own partner in the other (N_TO_N)', async () => {
    const { asUser } = given()
    const arrayProperties = { size: 3 }
    // The last child of the first array continues until it is terminated.
    const first = await submit(
      given(),
      await register(given(), 'makes', '[ $AWS_BATCH_JOB_ARRAY_INDEX != 2 ] || exec sleep 600'),
      { arrayProperties },
    )
    const dependsOn = [{ jobId: first, type: 'N_TO_N' as const }]
    const second = await submit(given(), await register(given(), 'takes', 'true'), { arrayProperties, dependsOn })
    for (const index of [0, 1]) await reach(given(), `${second}:${index}`, 'SUCCEEDED')
    await reach(given(), `${first}:2`, 'RUNNING')
    expect(await describeJob(given(), `${second}:2`)).toMatchObject({ status: 'PENDING', attempts: [], dependsOn })
    expect(await describeJob(given(), second)).toMatchObject({
      ...{ status: 'PENDING', dependsOn },
      arrayProperties: { size: 3, statusSummary: { SUCCEEDED: 2, PENDING: 1, FAILED: 0 } },
    })
    expect(await listed(given(), { arrayJobId: second, jobStatus: 'PENDING' })).toEqual([`${second}:2`])
    expect((await listed(given(), { arrayJobId: second, jobStatus: 'SUCCEEDED' })).sort()).toEqual(
      [0, 1].map((index) => `${second}:${index}`),
    )
    expect(await listed(given(), { arrayJobId: first })).toEqual([`${first}:2`])

    await asUser.batch('TerminateJob', { jobId: `${first}:2`, reason: 'no more of this' })
    expect(await reach(given(), `${second}:2`, 'FAILED')).toMatchObject({
      ...{ statusReason: 'Dependent Job failed', attempts: [] },
    })
    for (const [jobId, failed] of [
      [first, { statusReason: 'no more of this' }],
      [second, { statusReason: 'Dependent Job failed' }],
    ] as const) {
      expect(await reach(given(), jobId, 'FAILED')).toMatchObject({ statusReason: 'Array Child Job failed' })
      expect((await children(jobId, 3)).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'FAILED'])
      expect(await describeJob(given(), `${jobId}:2`)).toMatchObject(failed)
    }
    const [makers, takers] = await Promise.all([children(first, 3), children(second, 3)])
    for (const index of [0, 1]) expect(takers[index]!.startedAt).toBeGreaterThanOrEqual(makers[index]!.stoppedAt!)
  })

  test('the children of a SEQUENTIAL array run one after the other, up to the one that fails', async () => {
    const definition = await register(given(), 'in-turn', 'test $AWS_BATCH_JOB_ARRAY_INDEX != 2')
    const dependsOn = [{ type: 'SEQUENTIAL' as const }]
    const jobId = await submit(given(), definition, { arrayProperties: { size: 4 }, dependsOn })
    await reach(given(), jobId, 'FAILED')
    const all = await children(jobId, 4)
    expect(all.map(({ status, statusReason }) => [status, statusReason])).toEqual([
      ['SUCCEEDED', 'Essential container in task exited'],
      ['SUCCEEDED', 'Essential container in task exited'],
      ['FAILED', 'Essential container in task exited'],
      ['FAILED', 'Dependent Job failed'],
    ])
    for (const index of [1, 2]) expect(all[index]!.startedAt).toBeGreaterThanOrEqual(all[index - 1]!.stoppedAt!)
  })

  test('in a diamond, everything that depends on the failing leg fails, and the other leg succeeds', async () => {
    const works = await register(given(), 'works', 'true')
    // The whole machine is in use until the test has seen the jobs wait.
    const containerOverrides = { resourceRequirements: needs(allVcpus, 64), command: ['sleep', '600'] }
    const blocker = await submit(given(), works, { jobName: 'blocker', containerOverrides })
    await reach(given(), blocker, 'RUNNING')
    const top = await submit(given(), works, { jobName: 'top' })
    const on = (...jobIds: string[]) => ({ dependsOn: jobIds.map((jobId) => ({ jobId })) })
    const left = await submit(given(), works, { jobName: 'left', ...on(top) })
    const fails = await register(given(), 'fails-in-the-middle', 'exit 3')
    const right = await submit(given(), fails, { jobName: 'right', ...on(top) })
    const bottom = await submit(given(), works, { jobName: 'bottom', ...on(left, right) })
    const below = await submit(given(), works, { jobName: 'below', ...on(bottom) })
    const waiting = [left, right, bottom, below]
    const pending = await listed(given(), { jobQueue: 'default', jobStatus: 'PENDING' })
    expect(pending).toEqual(expect.arrayContaining(waiting))
    expect(await describeJob(given(), bottom)).toMatchObject({ status: 'PENDING', ...on(left, right) })
    expect((await describeJob(given(), bottom)).statusReason).toContain(left)

    await given().asUser.batch('TerminateJob', { jobId: blocker, reason: 'all were seen' })
    expect(await reach(given(), below, 'FAILED')).toMatchObject({ statusReason: 'Dependent Job failed', attempts: [] })
    expect(await describeJob(given(), bottom)).toMatchObject({ statusReason: 'Dependent Job failed', attempts: [] })
    expect(await describeJob(given(), right)).toMatchObject({ status: 'FAILED', container: { exitCode: 3 } })
    expect(await reach(given(), left, 'SUCCEEDED')).toMatchObject({ container: { exitCode: 0 } })
    const [first, ...legs] = await Promise.all([top, left, right].map((id) => describeJob(given(), id)))
    for (const leg of legs) expect(leg.startedAt).toBeGreaterThanOrEqual(first!.stoppedAt!)
    // A failed job stays failed for later dependants.
    const late = await submit(given(), works, { jobName: 'late', ...on(right) })
    expect(await reach(given(), late, 'FAILED')).toMatchObject({ statusReason: 'Dependent Job failed' })
    expect((await reach(given(), await submit(given(), works, on(left)), 'SUCCEEDED')).attempts).toHaveLength(1)
  })
}
