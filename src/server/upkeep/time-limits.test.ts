/**
 * The service that enforces time limits, on a real loop under the test's clock. It stays quiet when
 * there is nothing to do.
 */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { settleComputeEnvironment, updateComputeEnvironment } from '../../core/compute-environment/decide.ts'
import type { Command } from '../../core/decision.ts'
import { attemptEnded } from '../../core/job/attempt.ts'
import { settleJobQueue, updateJobQueue } from '../../core/job-queue/decide.ts'
import { createSchedulingPolicy } from '../../core/scheduling-policy/decide.ts'
import { exited, queueRequest } from '../../core/world.testing.ts'
import { Site } from '../run/site.testing.ts'
import { TimeLimits } from './time-limits.ts'

/** Runs the service on the site's clock, and counts its commands to the loop. */
function watchTimeLimits(site: Site) {
  let commands = 0
  const timeLimits = new TimeLimits({
    loop: {
      get state() {
        return site.loop.state
      },
      execute: (command: Command<never>) => {
        commands++
        return site.loop.execute(command)
      },
    },
    clocks: site.clocks,
    log: pino({ level: 'silent' }),
    everyMs: 5_000,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const cancel = site.clock.at(site.clock.now() + ms, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          resolve()
        })
      }),
  })
  timeLimits.start()
  return { commands: () => commands, close: () => timeLimits.stop() }
}

const reason = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY'
async function actOn(site: Site): Promise<void> {
  const action = { reason, state: 'RUNNABLE', maxTimeSeconds: 600, action: 'CANCEL' } as const
  await site.execute(updateJobQueue({ jobQueue: 'q', jobStateTimeLimitActions: [action] }))
  await site.execute(settleJobQueue('q'))
}
const large = {
  containerOverrides: { command: ['wait'], resourceRequirements: [{ type: 'VCPU', value: '4' }] },
} as const

test('the head of a queue is cancelled when its time is up, durably; a restart begins anew', async () => {
  const site = new Site()
  await actOn(site)
  let watched = watchTimeLimits(site)
  const running = await site.submit(['wait'], large)
  const head = await site.submit(['wait'], large)
  await site.running(running)
  await site.pass(590_000)
  await watched.close()
  await site.restart()
  watched = watchTimeLimits(site)
  await site.pass(590_000)
  expect(site.status(head)).toBe('RUNNABLE')
  await site.pass(30_000)
  const statusReason = `Canceled by JobStateTimeLimit action due to reason: ${reason}`
  expect(site.job(head).state).toMatchObject({ status: 'FAILED', statusReason })
  expect(site.status(running)).toBe('RUNNING')
  await watched.close()
  await site.restart()
  expect(site.job(head)).toMatchObject({ isCancelled: true, state: { statusReason } })
  await site.supervisor.close()
})

test('jobs on replaced instances are ended when their time is up', async () => {
  const site = new Site()
  const watched = watchTimeLimits(site)
  const jobId = await site.submit(['wait'])
  await site.running(jobId)
  const change = { computeResources: { instanceTypes: ['c5'] }, updatePolicy: { jobExecutionTimeoutMinutes: 2 } }
  await site.pass(1000)
  await site.execute(updateComputeEnvironment({ computeEnvironment: 'ce', ...change }))
  await site.pass(119_000)
  expect(site.status(jobId)).toBe('RUNNING')
  await site.pass(10_000)
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({ statusReason: expect.stringMatching(/^Host EC2 \(instance i-/) })
  await site.execute(settleComputeEnvironment('ce'))
  expect(site.loop.state.computeEnvironments.get('ce')!.status).toBe('VALID')
  await watched.close()
  await site.supervisor.close()
})

test('a job starts when its share’s turn comes only because other shares’ use has decayed', async () => {
  const site = new Site()
  const watched = watchTimeLimits(site)
  const weights = [{ shareIdentifier: 'heavy', weightFactor: 4 }]
  const fairsharePolicy = { shareDecaySeconds: 60, shareDistribution: weights }
  await site.execute(createSchedulingPolicy({ name: 'p', fairsharePolicy }))
  await site.execute(queueRequest('fair', ['ce'], 1, 'p'))
  await site.execute(settleJobQueue('fair'))
  const ask = (shareIdentifier: string, vcpus: number) =>
    site.submit(['wait'], {
      ...{ jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride: 0 },
      containerOverrides: { command: ['wait'], resourceRequirements: [{ type: 'VCPU', value: String(vcpus) }] },
    })
  const [before] = [await ask('heavy', 2), await ask('light', 1)]
  await site.running(before)
  await site.pass(600_000)
  const outcome = { ...exited(0), stoppedAtMs: site.clock.now() }
  await site.execute(attemptEnded({ jobId: before, attempt: 1, outcome }))
  const wide = await ask('light', 4)
  const narrow = await ask('heavy', 1)
  await site.pass(20_000)
  expect([site.status(wide), site.status(narrow)]).toEqual(['RUNNABLE', 'RUNNABLE'])
  await site.pass(300_000)
  expect([site.status(wide), site.status(narrow)]).toEqual(['RUNNABLE', 'RUNNING'])
  await watched.close()
  await site.supervisor.close()
})

test('a server without such queues and updates is not disturbed, and a stopped service does nothing more', async () => {
  const site = new Site()
  const watched = watchTimeLimits(site)
  const running = await site.submit(['wait'], large)
  await site.submit(['wait'], large)
  await site.pass(60_000)
  expect(watched.commands()).toBe(0)
  await actOn(site)
  await site.pass(10_000)
  expect(watched.commands()).toBe(2)
  await site.execute(updateJobQueue({ jobQueue: 'q', jobStateTimeLimitActions: [] }))
  // One more look forgets who was waiting.
  await site.pass(60_000)
  expect(watched.commands()).toBe(3)
  expect(site.loop.state.stuck.size).toBe(0)
  await watched.close()
  await site.pass(60_000)
  expect(watched.commands()).toBe(3)
  await site.execute(attemptEnded({ jobId: running, attempt: 1, outcome: exited(0) }))
  await site.supervisor.close()
})
