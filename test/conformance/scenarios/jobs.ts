/**
 * Jobs from submission to their end: environment, failure, retries, arrays, cancelling and
 * terminating.
 */
import { expect, test } from 'vitest'
import { logLines, reach, register, type Setting, submit } from './setting.ts'

export function exerciseJobs(given: () => Setting): void {
  test('a job sees what its submission sets, and its log shows it', async () => {
    const definition = await register(given(), 'colours', 'echo "$FAVORITE_COLOR $FAVORITE_MONTH $KEPT"', {
      containerProperties: {
        image: given().image,
        command: ['sh', '-c', 'echo never'],
        vcpus: 1,
        memory: 64,
        environment: [
          { name: 'KEPT', value: 'of the definition' },
          { name: 'FAVORITE_COLOR', value: 'grey' },
        ],
      },
    })
    const jobId = await submit(given(), definition, {
      containerOverrides: {
        command: ['sh', '-c', 'echo "$FAVORITE_COLOR $FAVORITE_MONTH $KEPT"; echo "to stderr" >&2'],
        environment: [
          { name: 'FAVORITE_COLOR', value: 'blue' },
          { name: 'FAVORITE_MONTH', value: 'December' },
        ],
      },
    })
    const job = await reach(given(), jobId, 'SUCCEEDED')
    expect(job).toMatchObject({ statusReason: 'Essential container in task exited', container: { exitCode: 0 } })
    const times = [job.createdAt, job.startedAt, job.stoppedAt]
    expect(times, 'created, started, stopped').toEqual([...times].sort((a, b) => a! - b!))
    // Their order is not defined: a container engine reads them separately.
    const lines = await logLines(given(), job.container!.logStreamName!)
    expect(lines.sort()).toEqual(['blue December of the definition', 'to stderr'])
  })

  test('a failed job shows its exit code and keeps its log', async () => {
    const definition = await register(given(), 'fails', 'echo "going wrong" >&2; exit 3')
    const job = await reach(given(), await submit(given(), definition), 'FAILED')
    expect(job).toMatchObject({ statusReason: 'Essential container in task exited', container: { exitCode: 3 } })
    expect(job.attempts).toHaveLength(1)
    expect(await logLines(given(), job.container!.logStreamName!)).toEqual(['going wrong'])
  })

  test('each attempt of a retried job has a log stream of its own', async () => {
    const script = 'echo "attempt $AWS_BATCH_JOB_ATTEMPT"; test "$AWS_BATCH_JOB_ATTEMPT" = 3'
    const definition = await register(given(), 'stubborn', script)
    const jobId = await submit(given(), definition, { retryStrategy: { attempts: 3 } })
    const { attempts, container } = await reach(given(), jobId, 'SUCCEEDED')
    expect(attempts!.map((attempt) => attempt.container!.exitCode)).toEqual([1, 1, 0])
    const streams = attempts!.map((attempt) => attempt.container!.logStreamName!)
    expect(new Set(streams).size).toBe(3)
    expect(container!.logStreamName).toBe(streams[2])
    const logs = await Promise.all(streams.map((stream) => logLines(given(), stream)))
    expect(logs).toEqual([['attempt 1'], ['attempt 2'], ['attempt 3']])
  })

  test('the children of an array each have their index', async () => {
    const definition = await register(given(), 'many', 'echo "child $AWS_BATCH_JOB_ARRAY_INDEX"')
    const jobId = await submit(given(), definition, { arrayProperties: { size: 3 } })
    const parent = await reach(given(), jobId, 'SUCCEEDED')
    expect(parent.arrayProperties).toMatchObject({ size: 3, statusSummary: { SUCCEEDED: 3, FAILED: 0 } })
    const { jobs } = await given().asUser.batch('DescribeJobs', { jobs: [0, 1, 2].map((index) => `${jobId}:${index}`) })
    expect(jobs!.map((child) => child.arrayProperties!.index).sort()).toEqual([0, 1, 2])
    for (const child of jobs!) {
      const lines = await logLines(given(), child.container!.logStreamName!)
      expect(lines).toEqual([`child ${child.arrayProperties!.index}`])
    }
    const { jobSummaryList } = await given().asUser.batch('ListJobs', { arrayJobId: jobId, jobStatus: 'SUCCEEDED' })
    expect(jobSummaryList).toHaveLength(3)
  })

  test('a waiting job says why, and is cancelled; a running one is terminated', async () => {
    const definition = await register(given(), 'long', 'exec sleep 600')
    const resourceRequirements = [{ type: 'VCPU' as const, value: '120' }]
    const waiting = await submit(given(), definition, { containerOverrides: { resourceRequirements } })
    const why = expect.stringMatching(/^MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - /)
    expect(await reach(given(), waiting, 'RUNNABLE')).toMatchObject({ statusReason: why })
    await given().asUser.batch('CancelJob', { jobId: waiting, reason: 'not wanted any more' })
    const cancelled = await reach(given(), waiting, 'FAILED')
    expect(cancelled).toMatchObject({ statusReason: 'not wanted any more', attempts: [] })

    const running = await submit(given(), definition)
    await reach(given(), running, 'RUNNING')
    await given().asUser.batch('CancelJob', { jobId: running, reason: 'runs already, so nothing happens' })
    await given().asUser.batch('TerminateJob', { jobId: running, reason: 'took too long' })
    const terminated = await reach(given(), running, 'FAILED')
    expect(terminated).toMatchObject({ statusReason: 'took too long' })
    expect(terminated.container!.exitCode).toBeGreaterThan(128)
  })
}
