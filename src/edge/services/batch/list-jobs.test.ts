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
