/** `GET /api/queues` and `/api/queues/{name}`: counts, order, what holds up the head, and what may not be seen. */
import { beforeEach, expect, test } from 'vitest'
import { submitJob } from '../../../../core/job/submit.ts'
import { needs, place, submit } from '../../../../core/world.testing.ts'
import { jobOf } from '../../../../store/jobs.testing.ts'
import { noChanges } from '../../../../store/store.ts'
import type { EnvironmentsAnswer } from '../../../../wire/environments.ts'
import type { QueueDetailAnswer, QueuesAnswer } from '../../../../wire/queues.ts'
import { ada, OwnApi, root } from '../own-api.testing.ts'

let api: OwnApi
let large: string
let small: string
beforeEach(() => {
  api = new OwnApi()
  const { world, store } = api
  submit(world, { jobName: 'runs', vcpus: 4 })
  place(world)
  const request = { jobName: 'large', jobQueue: 'q', jobDefinition: 'd' }
  const containerOverrides = { resourceRequirements: needs(4, 512) }
  large = world.do(submitJob({ ...request, containerOverrides }, 'bob')).jobId
  small = submit(world, { jobName: 'small' })
  const ended = [jobOf(1001, 'FAILED'), jobOf(1002, 'FAILED', { in: { owner: 'bob' } })]
  store.append({ ...noChanges(), newJobs: [...world.state.jobs.values(), ...ended] })
})
const queue = async (who = ada) => (await api.get<QueueDetailAnswer>(who, '/api/queues/q', 'QueueDetailAnswer')).body

test('queues count the jobs that are seen', async () => {
  const counts = async () =>
    (await api.get<QueuesAnswer>(ada, '/api/queues', 'QueuesAnswer')).body.queues.map((it) => [it.jobQueue, it.jobs])
  expect(await counts()).toEqual([['q', { RUNNABLE: 2, STARTING: 1, FAILED: 2 }]])
  api.othersJobs = 'hidden'
  expect(await counts()).toEqual([['q', { RUNNABLE: 1, STARTING: 1, FAILED: 1 }]])
})

test('a queue shows its front, its environments and its counts', async () => {
  expect(await queue()).toMatchObject({
    ...{ jobQueue: 'q', state: 'ENABLED', status: 'VALID', computeEnvironments: ['ce'], jobs: { RUNNABLE: 2 } },
    front: [
      { jobId: large, user: 'bob' },
      { jobId: small, user: 'ada' },
    ],
    head: { jobId: large, jobName: 'large', reasons: [{ kind: 'hostsBusy', text: expect.any(String) }] },
  })
  api.othersJobs = 'hidden'
  const seen = await queue()
  expect(seen.front.map(({ jobId }) => jobId)).toEqual([small])
  expect([seen.head, seen.headIsHidden]).toEqual([undefined, true])
  expect(JSON.stringify(seen)).not.toMatch(/large|bob/)
  expect((await queue(root)).front.map(({ jobId }) => jobId)).toContain(large)
  expect((await api.get(ada, '/api/queues/none', 'QueueDetailAnswer')).status).toBe(404)
})

test('environments show what they hold, and the queues that use them', async () => {
  const { body } = await api.get<EnvironmentsAnswer>(ada, '/api/environments', 'EnvironmentsAnswer')
  expect(body.environments).toMatchObject([
    { computeEnvironment: 'ce', driver: 'scripted', driverHealth: 'healthy', inUse: { vcpus: 4 }, jobQueues: ['q'] },
  ])
})
