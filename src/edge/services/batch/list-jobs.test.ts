/**
 * A list that examines many live jobs gives way to others, and shows each job once, as it is when
 * the answer is made.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { Explainer } from '../../../core/explain/explain.ts'
import { makeWorld, submit } from '../../../core/world.testing.ts'
import { stateOf } from '../../../store/jobs.testing.ts'
import { createMemoryStore } from '../../../store/memory/memory-store.testing.ts'
import { noChanges } from '../../../store/store.ts'
import { listJobs } from './list-jobs.ts'
import { invalidToken, writeToken } from './paging.ts'

afterEach(() => vi.restoreAllMocks())

test('a job that ends while the list gives way appears once, as it ended', async () => {
  const world = makeWorld()
  const [first, second] = [submit(world), submit(world)]
  const store = createMemoryStore()
  store.append({ ...noChanges(), newJobs: [...world.state.jobs.values()] })
  let at = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (at += 6))
  setImmediate(() => {
    const job = { ...world.job(first), state: stateOf('SUCCEEDED') }
    store.append({ ...noChanges(), jobs: [job] })
    world.state.jobs.delete(first)
  })
  const explainer = new Explainer(world.state, world.now)
  const answer = listJobs.handle(
    { jobQueue: 'q', filters: [{ name: 'JOB_NAME', values: ['*'] }] } as never,
    {
      backend: { loop: { state: world.state, explainer }, store },
    } as never,
  )
  expect((await answer) as object).toMatchObject({
    jobSummaryList: [
      { jobId: second, status: 'RUNNABLE' },
      { jobId: first, status: 'SUCCEEDED' },
    ],
  })
})

test('who sees only some jobs may show no number of a submission, only a job of theirs', async () => {
  const world = makeWorld()
  const ids = [submit(world), submit(world), submit(world)]
  const store = createMemoryStore()
  store.append({ ...noChanges(), newJobs: [...world.state.jobs.values()] })
  const ask = (nextToken: string, othersJobs: 'visible' | 'hidden') =>
    listJobs.handle(
      { jobQueue: 'q', jobStatus: 'RUNNABLE', nextToken } as never,
      {
        principal: { name: 'ada', userId: 'AIDA', policies: [] },
        backend: {
          ...{ loop: { state: world.state, explainer: new Explainer(world.state, world.now) }, store, othersJobs },
          identities: { current: () => ({ list: () => [], named: () => undefined }) },
        },
        now: () => world.now,
      } as never,
    )
  const of = ['ListJobs', ['q'], 'RUNNABLE']
  const byNumber = writeToken(world.job(ids[1]!).seq, of)
  expect(await ask(byNumber, 'visible')).toMatchObject({ jobSummaryList: [{ jobId: ids[0] }] })
  expect(await ask(byNumber, 'hidden')).toEqual(invalidToken())
  expect(await ask(writeToken(ids[1]!, of), 'hidden')).toMatchObject({ jobSummaryList: [{ jobId: ids[0] }] })
})
