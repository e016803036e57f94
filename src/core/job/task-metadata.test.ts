/** What a container reads of itself is what DescribeJobs shows of it. */
import { expect, test } from 'vitest'
import { attemptName, liveAttempt, partName } from '../../model/job.ts'
import { registerJobDefinition } from '../job-definition/decide.ts'
import { makeWorld, needs, place, submit } from '../world.testing.ts'
import { attemptStarted } from './attempt.ts'
import { terminateJob } from './cancel.ts'
import { liveContainer } from './live-container.ts'
import { submitJob } from './submit.ts'
import { containerMetadata, containerStats, taskMetadata, taskStats } from './task-metadata.ts'

test('a job’s only container', () => {
  const world = makeWorld()
  const jobId = submit(world)
  place(world)
  const name = attemptName(jobId, 1)
  const found = () => liveContainer(world.state, name)!
  expect(containerMetadata(world.state, found())).not.toHaveProperty('StartedAt')
  const startedAtMs = world.now
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs }))
  const { taskId } = liveAttempt(world.job(jobId))!
  const { taskArn } = found()
  const cluster = taskArn.split('/')[1]
  const container = containerMetadata(world.state, found())
  expect(container).toEqual({
    DockerId: expect.stringMatching(new RegExp(`^${taskId}-\\d{10}$`)),
    ...{ Name: 'default', DockerName: name, Image: 'busybox', Type: 'NORMAL', Networks: [] },
    Labels: {
      'com.amazonaws.ecs.cluster': cluster,
      'com.amazonaws.ecs.container-name': 'default',
      'com.amazonaws.ecs.task-arn': taskArn,
      'com.amazonaws.ecs.task-definition-family': 'd',
      'com.amazonaws.ecs.task-definition-version': '1',
    },
    ...{ DesiredStatus: 'RUNNING', KnownStatus: 'RUNNING', Limits: { CPU: 1024, Memory: 512 } },
    CreatedAt: expect.stringMatching(/Z$/),
    StartedAt: new Date(startedAtMs).toISOString(),
    LogDriver: 'awslogs',
    LogOptions: {
      ...{ 'awslogs-group': '/aws/batch/job', 'awslogs-region': 'us-west-2' },
      'awslogs-stream': `d/default/${taskId}`,
    },
    ContainerARN: expect.stringMatching(/^arn:aws:ecs:us-west-2:123456789012:container\/AWSBatch-ce-.+\/.{32}\/.{36}$/),
  })
  expect(taskMetadata(world.state, found())).toEqual({
    ...{ Cluster: cluster, TaskARN: taskArn, Family: 'd', Revision: '1' },
    ...{ DesiredStatus: 'RUNNING', KnownStatus: 'RUNNING', Limits: { CPU: 1, Memory: 512 } },
    ...{ AvailabilityZone: 'us-west-2a', LaunchType: 'EC2', Containers: [container] },
  })
  const stats = containerStats(found(), 0)
  expect(stats).toMatchObject({ read: '1970-01-01T00:00:00.000Z', memory_stats: { limit: 512 * 1024 * 1024 } })
  expect(Object.values(taskStats(found(), 0))).toEqual([stats])
  world.do(terminateJob({ jobId, reason: 'enough' }))
  expect(taskMetadata(world.state, found())).toMatchObject({ DesiredStatus: 'STOPPED', KnownStatus: 'RUNNING' })
})

test('each container of a task', () => {
  const world = makeWorld()
  const container = (name: string) => ({ name, image: 'busybox', resourceRequirements: needs(1, 64) })
  const taskProperties = [{ containers: [container('one'), container('two')] }]
  world.do(
    registerJobDefinition({ jobDefinitionName: 't', type: 'container', ecsProperties: { taskProperties } }, 'ada'),
  )
  const { jobId } = world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 't' }, 'ada'))
  place(world)
  const found = liveContainer(world.state, partName(attemptName(jobId, 1), { node: 0, container: 1 }))!
  expect(containerMetadata(world.state, found)).toMatchObject({ Name: 'two', Limits: { CPU: 1024, Memory: 64 } })
  expect(taskMetadata(world.state, found)).toMatchObject({
    ...{ Family: 't', Limits: { CPU: 2, Memory: 128 } },
    Containers: [{ Name: 'one' }, { Name: 'two' }],
  })
  expect(Object.keys(taskStats(found, 0))).toHaveLength(2)
})
