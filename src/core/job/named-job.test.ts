import { expect, test } from 'vitest'
import { Explainer } from '../explain/explain.ts'
import { makeWorld, place, submit, type World } from '../world.testing.ts'
import { namedJob } from './named-job.ts'
import { jobSummary } from './read.ts'

const reasonOf = (world: World, jobId: string) =>
  jobSummary(world.job(jobId), { state: world.state, explainer: new Explainer(world.state, world.now) }).statusReason

test('a waiting job names the jobs that it waits for: their status, their owners, and since when', () => {
  const world = makeWorld()
  const submitted = new Date(world.now).toISOString().replace(/\.\d+Z$/, 'Z')
  const holder = submit(world, { vcpus: 3, jobName: 'align' })
  const head = submit(world, { vcpus: 2, jobName: 'fold' })
  const behind = submit(world, { vcpus: 2 })
  place(world)
  const { owner } = world.job(holder).spec
  expect(reasonOf(world, head)).toMatch(
    new RegExp(` Held by align \\(${holder} of ${owner}, starting since \\S+Z\\)\\.$`),
  )
  const named = `behind job fold (${head} of ${owner}, submitted at ${submitted}). That job: Waiting for capacity: `
  expect(reasonOf(world, behind)).toContain(named)
})

test('a child without a record has its array’s name, and a job that is gone only its id', () => {
  const world = makeWorld()
  const array = submit(world, { jobName: 'sweep', arrayProperties: { size: 2 } })
  expect(namedJob(world.state, `${array}:1`)).toMatch(new RegExp(`^sweep \\(${array}:1 of `))
  expect(namedJob(world.state, 'gone:1')).toBe('gone:1')
})

test('a start names the driver that prepares it, and claims nothing about images', () => {
  const world = makeWorld()
  const job = submit(world, {})
  place(world)
  expect(reasonOf(world, job)).toMatch(/^Starting: the scripted driver is making it ready on \S+\.$/)
})
