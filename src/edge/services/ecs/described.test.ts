/** Tasks and container instances: how requests name them, what is missing, and how many there may be. */
import { expect, test } from 'vitest'
import { makeWorld, place, submit } from '../../../core/world.testing.ts'
import { clusterName, containerInstanceArn } from '../../../model/arn.ts'
import { liveAttempt } from '../../../model/job.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import type { Operation } from '../../operation.ts'
import { describeContainerInstances } from './describe-container-instances.ts'
import { describeTasks } from './describe-tasks.ts'

const world = makeWorld()
const jobId = submit(world)
place(world)
const { taskId, instanceId, computeEnvironment } = liveAttempt(world.job(jobId))!
const cluster = clusterName(world.state.computeEnvironments.get(computeEnvironment)!)

const policy = { name: 'p', document: { statements: [] } }
const contextOf = (name: string) =>
  ({
    backend: {
      ...world.state.account,
      loop: { state: world.state },
      store: { getJobs: () => new Map() },
      endedTasks: { jobOf: () => undefined },
      othersJobs: 'hidden',
      identities: { current: () => ({ list: () => [{ name: 'ada' }, { name: 'eve' }], named: () => undefined }) },
    },
    principal: { name, userId: 'AIDA', policies: [policy] },
    ...{ now: () => world.now, sourceIp: '127.0.0.1' },
  }) as unknown as RequestContext
const call = (operation: Operation, input: object, user = 'ada') => operation.handle(input as never, contextOf(user))

const arn = (rest: string, account = '123456789012') => `arn:aws:ecs:us-west-2:${account}:${rest}`
const whole = arn(`task/${cluster}/${taskId}`)
const instance = containerInstanceArn(world.state.account, cluster, instanceId)

test.each([
  ['its id', taskId],
  ['its ARN', whole],
  ['an ARN of the old form', arn(`task/${taskId}`)],
  ['its ARN in the region that the client is set to', whole.replace('us-west-2', 'eu-west-1')],
])('a task is found by %s', (_how, name) => {
  const clusters = [cluster, arn(`cluster/${cluster}`)]
  for (const named of clusters)
    expect(call(describeTasks, { cluster: named, tasks: [name] })).toMatchObject({
      ...{ tasks: [{ taskArn: whole, clusterArn: arn(`cluster/${cluster}`) }], failures: [] },
    })
  expect(describeTasks.resource({ cluster, tasks: [name, taskId] } as never, contextOf('ada'))).toEqual([whole])
})

test('what is not there, is of another account, or is not to be seen, is missing', () => {
  const none = arn(`task/${cluster}/${'0'.repeat(32)}`)
  const elsewhere = arn(`task/${cluster}/${taskId}`, '999999999999')
  expect(call(describeTasks, { cluster, tasks: ['0'.repeat(32), elsewhere] })).toEqual({
    tasks: [],
    failures: [none, elsewhere].map((missing) => ({ arn: missing, reason: 'MISSING' })),
  })
  expect(call(describeTasks, { cluster, tasks: [taskId] }, 'eve')).toEqual({
    ...{ tasks: [], failures: [{ arn: whole, reason: 'MISSING' }] },
  })
})

test('a container instance is found by its id and its ARN', () => {
  const found = call(describeContainerInstances, { cluster, containerInstances: [instance] })
  expect(found).toMatchObject({ containerInstances: [{ ec2InstanceId: instanceId }], failures: [] })
  const id = instance.slice(instance.lastIndexOf('/') + 1)
  expect(call(describeContainerInstances, { cluster, containerInstances: [id] })).toEqual(found)
  const none = `${id.slice(1)}0`
  expect(call(describeContainerInstances, { cluster, containerInstances: [none] })).toEqual({
    ...{ containerInstances: [], failures: [{ arn: instance.replace(id, none), reason: 'MISSING' }] },
  })
})

/** Otherwise a policy for one cluster would open all others. */
test.each([
  ['of another cluster', arn(`task/other/${taskId}`), `Identifier is for cluster other. Your cluster is ${cluster}`],
  ['of something else', instance, 'Unsupported resource type: container-instance'],
  ['of another service', 'arn:aws:s3:::bucket', 'Invalid identifier: arn:aws:s3:::bucket'],
])('an ARN %s is refused', (_what, name, text) => {
  const refused = call(describeTasks, { cluster, tasks: [name] })
  expect(refused).toMatchObject({ code: 'InvalidParameterException', message: expect.stringContaining(text) })
})

test('there may be as many as AWS allows, and policies are not asked about more', () => {
  for (const [operation, member] of [
    [describeTasks, 'tasks'],
    [describeContainerInstances, 'containerInstances'],
  ] as const) {
    const names = Array.from({ length: limits.ecsDescribed }, (_, n) => String(n).padStart(32, '0'))
    const most = call(operation, { cluster, [member]: names })
    expect(isRefusal(most)).toBe(false)
    expect((most as { failures: unknown[] }).failures).toHaveLength(limits.ecsDescribed)
    for (const wrong of [[], [...names, taskId]]) {
      expect(call(operation, { cluster, [member]: wrong })).toMatchObject({ code: 'InvalidParameterException' })
      expect(operation.resource({ cluster, [member]: wrong } as never, contextOf('ada'))).toBe('*')
    }
  }
})

test('a cluster that is not there is told so', () => {
  for (const named of [undefined, 'none', arn(`cluster/${cluster}`, '999999999999')])
    expect(call(describeTasks, { ...(named && { cluster: named }), tasks: [taskId] })).toMatchObject({
      ...{ code: 'ClusterNotFoundException', message: 'Cluster not found.' },
    })
})
