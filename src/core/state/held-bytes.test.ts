/** What users make is limited in bytes, for each user and in all, and what leaves makes room. */
import { expect, test } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { cancelJob } from '../job/cancel.ts'
import { submitJob } from '../job/submit.ts'
import { deleteJobDefinitions, deregisterJobDefinition, registerJobDefinition } from '../job-definition/decide.ts'
import { tagResource } from '../tag/decide.ts'
import { makeWorld, type World } from '../world.testing.ts'
import { rulesOfAws } from './state.ts'

const unlimited = { all: Number.MAX_SAFE_INTEGER, ofUser: Number.MAX_SAFE_INTEGER }
const none = () => undefined

const definitionOf = (name: string) =>
  ({
    jobDefinitionName: name,
    type: 'container',
    containerProperties: {
      image: 'busybox',
      environment: [{ name: 'FILLER', value: 'x'.repeat(1000) }],
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ],
    },
  }) as const

/** Returns how many are accepted before the first refusal, and the refusal's text. */
function until(world: World, make: (n: number) => Parameters<World['do']>[0]): [accepted: number, message: string] {
  for (let n = 0; ; n++) {
    const decision = make(n)(world.state, { now: world.now, newId: world.newId })
    if (isRefusal(decision)) return [n, decision.message]
    world.do(make(n))
  }
}

test('job definitions: one user’s, all users’, and room made by an administrator', () => {
  const world = makeWorld(undefined, { ...rulesOfAws, jobDefinitionBytes: { all: 20_000, ofUser: 8_000 } })
  const held = world.state.jobDefinitions.held
  const before = held.all
  const [byAda, message] = until(world, () => registerJobDefinition(definitionOf('a'), 'ada'))
  expect(byAda).toBeGreaterThan(3)
  expect(message).toBe('The job definitions of user ada would take more than 0 MiB, the most one user may hold.')
  expect(held.of('ada')).toBeLessThanOrEqual(8_000)
  until(world, () => registerJobDefinition(definitionOf('b'), 'bob'))
  const [, all] = until(world, () => registerJobDefinition(definitionOf('c'), 'eve'))
  expect(all).toBe('The job definitions of all users would take more than 0 MiB, the most there may be.')
  const arn = 'arn:aws:batch:us-west-2:123456789012:job-definition/a:1'
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, 'x'.repeat(250)]))
  expect(world.refused(tagResource(arn, tags, none)).message).toContain('job definitions of user ada')
  // Deregistered definitions still exist. Deleted ones do not, and only deregistered ones are
  // deleted.
  world.do(deregisterJobDefinition('a:1'))
  expect(world.refused(registerJobDefinition(definitionOf('a'), 'ada')).message).toContain('user ada')
  const asked = [1, 2].map((revision) => ({ name: 'a', revision }))
  expect(world.do(deleteJobDefinitions(asked))).toBe(1)
  expect(world.do(registerJobDefinition(definitionOf('a'), 'ada')).revision).toBe(byAda + 1)
  expect(held.all).toBeGreaterThan(before)
})

test('unfinished jobs: one user’s, all users’, and room made by ended jobs', () => {
  const world = makeWorld(undefined, { ...rulesOfAws, liveJobBytes: { all: 30_000, ofUser: 12_000 } })
  world.do(registerJobDefinition(definitionOf('large'), 'ada'))
  const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'large' }
  const [byAda, message] = until(world, () => submitJob(request, 'ada'))
  expect(byAda).toBeGreaterThan(3)
  expect(message).toBe('The unfinished jobs of user ada would take more than 0 MiB, the most one user may hold.')
  const [, all] = until(world, (n) => submitJob(request, `user-${n % 5}`))
  expect(all).toContain('The unfinished jobs of ')
  const ada = [...world.state.jobs.values()].filter(({ spec }) => spec.owner === 'ada')
  const arn = `arn:aws:batch:us-west-2:123456789012:job/${ada[0]!.jobId}`
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, 'x'.repeat(250)]))
  expect(world.refused(tagResource(arn, tags, none)).message).toContain('unfinished jobs of user ada')
  for (const { jobId } of world.state.jobs.values()) world.do(cancelJob({ jobId, reason: 'enough' }))
  expect([world.state.liveJobBytes.all, world.state.liveJobBytes.of('ada')]).toEqual([0, 0])
})

test('a job weighs what a restart would read for it, however much it shares now', () => {
  const world = makeWorld(undefined, { ...rulesOfAws, liveJobBytes: unlimited })
  world.do(registerJobDefinition(definitionOf('large'), 'ada'))
  world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'large' }, 'ada'))
  expect(world.state.liveJobBytes.of('ada')).toBeGreaterThan(1000)
})
