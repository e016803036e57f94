/** `GET /api/jobs/{id}`: what each kind of job and state shows, and what may not be seen. */
import { beforeEach, expect, test } from 'vitest'
import { attemptEnded, attemptStarted } from '../../../../core/job/attempt.ts'
import { submitJob } from '../../../../core/job/submit.ts'
import { exited, place, submit } from '../../../../core/world.testing.ts'
import type { SubmitJobRequest } from '../../../../model/generated/batch.ts'
import type { Job } from '../../../../model/job.ts'
import { limits } from '../../../../model/limits.ts'
import { jobOf } from '../../../../store/jobs.testing.ts'
import { noChanges } from '../../../../store/store.ts'
import type { JobAnswer } from '../../../../wire/job.ts'
import { ada, OwnApi, root } from '../own-api.testing.ts'

let api: OwnApi
beforeEach(() => {
  api = new OwnApi()
})
const ask = (jobId: string, who = ada) => api.get<JobAnswer>(who, `/api/jobs/${encodeURIComponent(jobId)}`, 'JobAnswer')
const submitAs = (owner: string, more: Partial<SubmitJobRequest>) =>
  api.world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...more }, owner)).jobId
const keep = (...newJobs: Job[]) => api.store.append({ ...noChanges(), newJobs })

test('a job that waits, runs, and fails', async () => {
  const { world } = api
  const jobId = submit(world, { jobName: 'fold', tags: { team: 'a' }, retryStrategy: { attempts: 2 } })
  const waiting = (await ask(jobId)).body
  expect(waiting).toMatchObject({
    ...{ jobId, jobName: 'fold', jobQueue: 'q', user: 'ada', status: 'RUNNABLE', tags: { team: 'a' } },
    ...{ statusReason: expect.any(String), attemptsAllowed: 2, attempts: [], dependsOn: [], neededBy: [] },
    ...{ jobDefinition: { name: 'd', revision: 1 }, resources: { vcpus: 1 }, detail: { jobId, container: {} } },
    links: { why: `/api/jobs/${jobId}/why`, story: `/api/jobs/${jobId}/story`, queue: '/api/queues/q' },
  })
  place(world)
  expect((await ask(jobId)).body.attempts).toMatchObject([{ attempt: 1, state: 'STARTING', logs: [] }])
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  const running = (await ask(jobId)).body.attempts
  expect(running).toMatchObject([
    { state: 'RUNNING', hostName: expect.any(String), spot: false, logs: [{ group: '/aws/batch/job' }] },
  ])
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(137) }))
  const [ended] = (await ask(jobId)).body.attempts
  expect(ended).toMatchObject({
    ...{ attempt: 1, state: 'ENDED', exitCode: 137, exitCodeMeaning: expect.stringContaining('SIGKILL') },
    logs: running[0]!.logs,
  })
})

test('both directions of dependencies, with the state of each job', async () => {
  const { world } = api
  const first = submit(world, { jobName: 'first' })
  const second = submit(world, { jobName: 'second', dependsOn: [{ jobId: first }] })
  expect((await ask(first)).body).toMatchObject({
    ...{ neededBy: [{ jobId: second, jobName: 'second', status: 'PENDING' }], moreNeededBy: false },
  })
  expect((await ask(second)).body.dependsOn).toEqual([{ jobId: first, jobName: 'first', status: 'RUNNABLE' }])
  for (let count = 0; count < limits.dependantsShown; count++) submit(world, { dependsOn: [{ jobId: first }] })
  const { neededBy, moreNeededBy } = (await ask(first)).body
  expect([neededBy.length, moreNeededBy]).toEqual([limits.dependantsShown, true])
})

test('an array counts its children, and a child names its array', async () => {
  const { world } = api
  const jobId = submit(world, { arrayProperties: { size: 4 } })
  expect((await ask(jobId)).body).toMatchObject({
    ...{ array: { size: 4, children: { RUNNABLE: 4 } }, links: { children: `/api/jobs?children=${jobId}` } },
  })
  expect((await ask(`${jobId}:3`)).body).toMatchObject({
    ...{ jobId: `${jobId}:3`, child: { arrayJobId: jobId, index: 3 }, links: { parent: `/api/jobs/${jobId}` } },
  })
  expect((await ask(`${jobId}:3`)).body).not.toHaveProperty('array')
  expect((await ask(`${jobId}:4`)).status).toBe(404)
})

test('a job that ended long ago is read from the store', async () => {
  const attempt = { number: 1, taskId: 'f'.repeat(32), computeEnvironment: 'ce', instanceId: 'i-1', statusReason: 'r' }
  keep(
    jobOf(7, 'FAILED', {
      attempts: [
        { ...attempt, placedAtMs: 1, startedAtMs: 2, stoppedAtMs: 3, exitCode: 1, logStreamName: 'sort/default/f' },
        {
          ...attempt,
          number: 2,
          stoppedAtMs: 4,
          reason: 'OutOfMemoryError: Container killed due to memory usage',
          exitCode: 137,
          requeued: true,
        },
      ],
    }),
  )
  expect((await ask('job-7')).body.attempts).toMatchObject([
    { attempt: 1, placedAtMs: 1, startedAtMs: 2, stoppedAtMs: 3, logs: [{ stream: `sort/default/${'f'.repeat(32)}` }] },
    { attempt: 2, exitCodeMeaning: expect.stringContaining('memory'), requeued: true, logs: [] },
  ])
})

test('a hidden job is not there, and is not told of by those that name it', async () => {
  const { world } = api
  const hidden = submitAs('bob', { jobName: 'hushed' })
  const mine = submit(world, { dependsOn: [{ jobId: hidden }] })
  submitAs('bob', { dependsOn: [{ jobId: mine }] })
  api.othersJobs = 'hidden'
  expect((await ask(hidden)).status).toBe(404)
  const { body } = await ask(mine)
  expect(body).toMatchObject({ dependsOn: [{ jobId: hidden }], neededBy: [], moreNeededBy: false })
  expect(JSON.stringify(body)).not.toMatch(/hushed|bob/)
  expect((await ask(mine, root)).body).toMatchObject({ dependsOn: [{ jobName: 'hushed' }], neededBy: [{}] })
})
