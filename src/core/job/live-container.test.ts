/** A container is found by its name as long as its attempt lives. */
import { expect, test } from 'vitest'
import { attemptName, partName } from '../../model/job.ts'
import { registerJobDefinition } from '../job-definition/decide.ts'
import { rulesOfAws } from '../state/state.ts'
import { exited, makeWorld, needs, place, submit } from '../world.testing.ts'
import { attemptEnded } from './attempt.ts'
import { attemptLives, liveContainer } from './live-container.ts'
import { submitJob } from './submit.ts'

test('the container of a job is found while its attempt lives, and no container of another attempt', () => {
  const world = makeWorld(undefined, rulesOfAws)
  const jobId = submit(world, { retryStrategy: { attempts: 2 } })
  const [first, second] = [attemptName(jobId, 1), attemptName(jobId, 2)]
  expect(liveContainer(world.state, first)).toBeUndefined()
  place(world)
  const found = liveContainer(world.state, first)!
  expect(found.job.jobId).toBe(jobId)
  expect(found.taskArn).toMatch(/^arn:aws:ecs:us-west-2:123456789012:task\/AWSBatch-ce-.+\/.{32}$/)
  expect(liveContainer(world.state, second)).toBeUndefined()
  for (const other of ['', 'x', `${first}0`, `x${first}`, `${first}.n0c1`])
    expect(liveContainer(world.state, other)).toBeUndefined()
  expect(attemptLives(world.state, { jobId, number: 1 })).toBe(true)
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(1) }))
  expect(liveContainer(world.state, first)).toBeUndefined()
  expect(attemptLives(world.state, { jobId, number: 1 })).toBe(false)
  place(world)
  expect(liveContainer(world.state, second)?.attempt.number).toBe(2)
  expect(attemptLives(world.state, { jobId, number: 2 })).toBe(true)
  expect(attemptLives(world.state, { jobId: 'unknown', number: 1 })).toBe(false)
})

test('each container of a task is found, with the role of its task', () => {
  const world = makeWorld()
  const container = (name: string) => ({ name, image: 'busybox', resourceRequirements: needs(1, 64) })
  const taskProperties = [{ taskRoleArn: 'arn:role', containers: [container('one'), container('two')] }]
  world.do(
    registerJobDefinition({ jobDefinitionName: 't', type: 'container', ecsProperties: { taskProperties } }, 'ada'),
  )
  const { jobId } = world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 't' }, 'ada'))
  place(world)
  const named = [0, 1, 2].map((index) =>
    liveContainer(world.state, partName(attemptName(jobId, 1), { node: 0, container: index })),
  )
  expect(named.map((it) => it?.container.name)).toEqual(['one', 'two', undefined])
  expect(named[1]?.container.container.jobRoleArn).toBe('arn:role')
  expect(liveContainer(world.state, partName(attemptName(jobId, 1), { node: 1, container: 0 }))).toBeUndefined()
})
