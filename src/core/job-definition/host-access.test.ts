import { expect, test } from 'vitest'
import { type HostAccess, hostAccessTag, nothingOfTheHost } from '../../model/host-access.ts'
import { submitJob } from '../job/submit.ts'
import { rulesOfAws } from '../state/state.ts'
import { environmentRequest, makeWorld, needs, queueRequest, type World } from '../world.testing.ts'
import { registerJobDefinition } from './decide.ts'

const data: HostAccess = { ...nothingOfTheHost, hostPaths: [{ path: '/data', readOnly: false }] }

/** The queues `open` of one environment that allows /data, and `mixed` of that and one that allows nothing. */
function worldWithGrant(): World {
  const rules = { ...rulesOfAws, hostAccess: new Map([['data', data]]) }
  const world = makeWorld(undefined, rules)
  world.do(environmentRequest('open-ce', 16, {}, { [hostAccessTag]: 'data' }))
  world.do(environmentRequest('lost-ce', 16, {}, { [hostAccessTag]: 'no-such-grant' }))
  world.settle()
  world.do(queueRequest('open', ['open-ce']))
  world.do(queueRequest('mixed', ['open-ce', 'ce']))
  world.do(queueRequest('lost', ['lost-ce']))
  world.settle()
  world.lookAway()
  return world
}

const definitionOf = (jobDefinitionName: string, sourcePath: string, mayReachHost: boolean) =>
  registerJobDefinition(
    {
      jobDefinitionName,
      type: 'container',
      containerProperties: {
        ...{ image: 'busybox', command: ['true'], resourceRequirements: needs(1, 512), user: '1000' },
        volumes: [{ name: 'v', host: { sourcePath } }],
        mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
      },
    },
    'ada',
    mayReachHost,
  )
const submission = (jobQueue: string, jobDefinition: string, mayReachHost: boolean) =>
  submitJob({ jobName: 'j', jobQueue, jobDefinition }, 'ada', undefined, undefined, mayReachHost)

test('an ordinary user submits what every environment of the queue allows, and the job is confined', () => {
  const world = worldWithGrant()
  world.do(definitionOf('data', '/data/ada', false))
  const { jobId = '' } = world.do(submission('open', 'data', false))
  expect(world.job(jobId).spec).toMatchObject({ owner: 'ada', confined: true })
  expect(world.refused(submission('mixed', 'data', false))).toEqual({
    kind: 'refusal',
    code: 'AccessDeniedException',
    httpStatus: 403,
    message:
      'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: openbatch:ReachHost on resource: arn:aws:batch:us-west-2:123456789012:job-queue/mixed because no identity-based policy allows the openbatch:ReachHost action, and the compute environment ce does not allow it (containerProperties.volumes[0].host.sourcePath: /data/ada is not among the host paths that are allowed)',
  })
  expect(world.refused(submission('lost', 'data', false)).message).toContain('lost-ce does not allow it')
})

test('a job that asks for nothing of the host is confined too, and runs anywhere', () => {
  const world = worldWithGrant()
  for (const queue of ['q', 'open', 'mixed', 'lost'])
    expect(world.job(world.do(submission(queue, 'd', false)).jobId ?? '').spec.confined).toBe(true)
})

test('whoever may reach the host is asked for nothing, and the job is not confined', () => {
  const world = worldWithGrant()
  world.do(definitionOf('etc', '/etc', true))
  expect(world.job(world.do(submission('q', 'etc', true)).jobId ?? '').spec).not.toHaveProperty('confined')
})

test('the definition of an administrator does not let an ordinary user reach the host', () => {
  const world = worldWithGrant()
  world.do(definitionOf('etc', '/etc', true))
  expect(world.refused(submission('open', 'etc', false)).message).toContain('/etc is not among the host paths')
})

test('a definition that could run in no environment is not registered', () => {
  const world = worldWithGrant()
  expect(world.refused(definitionOf('etc', '/etc', false))).toMatchObject({
    code: 'AccessDeniedException',
    message: expect.stringMatching(
      /on resource: arn:aws:batch:us-west-2:123456789012:job-definition\/etc because .* no compute environment allows it/,
    ),
  })
})

test('the tag of an environment counts as it is now', () => {
  const world = worldWithGrant()
  world.do(definitionOf('data', '/data', false))
  const environment = world.state.computeEnvironments.get('open-ce')!
  world.state.computeEnvironments.set('open-ce', { ...environment, tags: {} })
  expect(world.refused(submission('open', 'data', false)).message).toContain('open-ce does not allow it')
})

test('images outside the list are refused to ordinary users, whatever the tag of the environment says', () => {
  const rules = {
    ...rulesOfAws,
    hostAccess: new Map([['default', { ...nothingOfTheHost, images: ['quay.io/lab/*'] }]]),
  }
  const world = makeWorld(undefined, rules)
  world.do(environmentRequest('lost-ce', 16, {}, { [hostAccessTag]: 'no-such-grant' }))
  world.settle()
  world.do(queueRequest('lost', ['lost-ce']))
  world.settle()
  world.lookAway()
  for (const queue of ['q', 'lost'])
    expect(world.refused(submission(queue, 'd', false)).message).toContain(
      'containerProperties.image: "busybox" is not among the images that are allowed',
    )
  expect(world.job(world.do(submission('q', 'd', true)).jobId ?? '').spec).not.toHaveProperty('confined')
})
