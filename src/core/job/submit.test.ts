import { expect } from 'vitest'
import { limits } from '../../model/limits.ts'
import { story, type World } from '../world.testing.ts'
import { terminateJob } from './cancel.ts'
import { type CallIdentity, submitJob } from './submit.ts'

const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd' }
const jobId = '5af2d7ad-c80a-44df-9388-60246bfbb290'
const identity = (world: World): CallIdentity => ({
  jobId,
  finishedCreatedAtMs: (id) => world.finished.get(id)?.spec.createdAtMs,
})

story('a call has the job it tells of, and its repeat gets the same answer and makes no other', (world) => {
  const first = world.do(submitJob(request, 'ada', identity(world)))
  expect(first.jobId).toBe(jobId)
  world.saw({ type: 'jobSubmitted', jobId }, { type: 'jobMadeRunnable', jobId })
  expect(world.do(submitJob(request, 'ada', identity(world)))).toEqual(first)
})

story('the repeat finds its job after that has ended, too', (world) => {
  const first = world.do(submitJob(request, 'ada', identity(world)))
  world.do(terminateJob({ jobId, reason: 'enough' }))
  world.lookAway()
  expect(world.do(submitJob(request, 'ada', identity(world)))).toEqual(first)
})

story('a day later the same call is a new one', (world) => {
  world.do(submitJob(request, 'ada', identity(world)))
  world.do(terminateJob({ jobId, reason: 'enough' }))
  world.now += limits.repeatedCallMs
  world.lookAway()
  const later = world.do(submitJob(request, 'ada', identity(world)))
  expect(later.jobId).not.toBe(jobId)
  world.saw({ type: 'jobSubmitted', jobId: later.jobId }, { type: 'jobMadeRunnable', jobId: later.jobId })
})

story('a client that names no call makes a job each time', (world) => {
  const ids = [submitJob(request, 'ada'), submitJob(request, 'ada')].map((command) => world.do(command).jobId)
  expect(new Set(ids).size).toBe(2)
  world.lookAway()
})
