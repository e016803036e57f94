/**
 * The outbox after changes of jobs: each change is reported as of its moment, in order, once, and
 * only if it became durable.
 */
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { updateComputeEnvironment } from '../../core/compute-environment/decide.ts'
import type { Command } from '../../core/decision.ts'
import { driverSeen } from '../../core/instance/driver-seen.ts'
import { attemptEnded, attemptStarted } from '../../core/job/attempt.ts'
import { cancelJob, terminateJob } from '../../core/job/cancel.ts'
import { submitJob } from '../../core/job/submit.ts'
import type { EventBody } from '../../core/notify/event-body.ts'
import { makeRandomWorld } from '../../core/random-beginning.testing.ts'
import { type Living, step, take } from '../../core/random-world.testing.ts'
import { transitions } from '../../core/transitions.ts'
import { account, exited, hostOf, makeWorld, needs, startMs, type World } from '../../core/world.testing.ts'
import { type Job, jobStatuses, liveAttempt } from '../../model/job.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import type { Store } from '../../store/store.ts'
import { TurnChanges } from '../loop/changes.ts'
import { Loop } from '../loop/loop.ts'
import { Announcer } from './announcer.ts'
import { readEvents } from './outbox-events.ts'

/** Makes a loop on a store that holds what `make` makes, with nothing reported yet. */
async function makeLoop(make: (onEvents: ConstructorParameters<typeof World>[0]) => World = makeWorld) {
  const store = createMemoryStore()
  const world = make((events, state) => store.append(new TurnChanges(state, events).withCalls([], 0)))
  const clock = { now: startMs }
  const broken: unknown[] = []
  const loop = new Loop({
    store,
    account,
    defaultDriver: 'scripted',
    given: { now: () => clock.now, newId: world.newId },
    log: pino({ level: 'silent' }),
    failpoint: () => {},
    carryOut: () => {},
    announcer: new Announcer(),
    onBroken: (error) => broken.push(error),
    later: () => () => {},
  })
  for (const { name, hosts } of world.state.drivers.values())
    await loop.execute(driverSeen({ driver: name, health: { kind: 'healthy' }, hosts }))
  return { loop, store, clock, broken }
}

function told(store: Store): EventBody[] {
  return readEvents((after, limit) => store.outbox.read(after, limit), 0, 1_000_000).map(({ body }) => body)
}
/** `id status`, short ids. */
const sketch = (store: Store) =>
  told(store).map(({ detail }) => `${detail.jobId!.replace(/^0*-.*-0*(\d+)/, '$1')} ${detail.status}`)

const submission = (more = {}) => submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...more }, 'ada')
const wide = { containerOverrides: { resourceRequirements: needs(4, 512) } }
const idOf = (answer: unknown) => (answer as { jobId: string }).jobId
const seen = (...hosts: ReturnType<typeof hostOf>[]) =>
  driverSeen({ driver: 'scripted', health: { kind: 'healthy' }, hosts })

describe('a job', () => {
  test('is reported as of each step, even if the steps share a transaction', async () => {
    const { loop, store, clock } = await makeLoop()
    clock.now += 1234
    const jobId = idOf(await loop.execute(submission({ retryStrategy: { attempts: 2 }, tags: { team: 'a' } })))
    await Promise.all([
      loop.execute(attemptStarted({ jobId, attempt: 1, startedAtMs: 7 })),
      loop.execute(attemptEnded({ jobId, attempt: 1, outcome: exited(1) })),
    ])
    const startedAtMs = clock.now
    await loop.execute(attemptStarted({ jobId, attempt: 2, startedAtMs }))
    await loop.execute(attemptEnded({ jobId, attempt: 2, outcome: exited(0) }))
    const events = told(store)
    expect(events.map(({ detail }) => [detail.status, detail.attempts!.length])).toEqual([
      ['RUNNABLE', 0],
      ['STARTING', 0],
      ['RUNNING', 0],
      ['RUNNABLE', 1],
      ['STARTING', 1],
      ['RUNNING', 1],
      ['SUCCEEDED', 2],
    ])
    const jobArn = `arn:aws:batch:us-west-2:123456789012:job/${jobId}`
    for (const event of events)
      expect(event).toMatchObject({
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Batch Job State Change',
        source: 'aws.batch',
        account: '123456789012',
        region: 'us-west-2',
        time: '2027-01-15T08:00:01Z',
        resources: [jobArn],
        detail: { jobId, jobArn, jobName: 'j', tags: { team: 'a', resourceArn: jobArn } },
      })
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(events[0]!.detail).not.toHaveProperty('statusReason')
    expect(events.at(-1)!.detail).toMatchObject({
      statusReason: 'Essential container in task exited',
      startedAt: startedAtMs,
    })
  })

  test('that is marked or tagged has not changed its status', async () => {
    const { loop, store } = await makeLoop()
    const jobId = idOf(await loop.execute(submission()))
    await loop.execute(terminateJob({ jobId, reason: 'r' }))
    expect(sketch(store).map((it) => it.split(' ')[1])).toEqual(['RUNNABLE', 'STARTING'])
  })

  test('that waits for others is PENDING first', async () => {
    const { loop, store } = await makeLoop()
    const first = idOf(await loop.execute(submission()))
    const second = idOf(await loop.execute(submission({ dependsOn: [{ jobId: first }] })))
    await loop.execute(attemptEnded({ jobId: first, attempt: 1, outcome: exited(1) }))
    expect(told(store).flatMap(({ detail }) => (detail.jobId === second ? detail.status : []))).toEqual([
      'PENDING',
      'FAILED',
    ])
  })
})

describe('an array', () => {
  test('is reported as a whole, and its children from when they are ready to start', async () => {
    const { loop, store } = await makeLoop()
    const jobId = idOf(await loop.execute(submission({ ...wide, arrayProperties: { size: 3 } })))
    await loop.execute(attemptEnded({ jobId: `${jobId}:0`, attempt: 1, outcome: exited(0) }))
    const short = jobId.slice(-12).replace(/^0+/, '')
    expect(sketch(store)).toEqual([
      `${short} PENDING`,
      ...[`${short}:0 RUNNABLE`, `${short}:0 STARTING`, `${short}:0 SUCCEEDED`],
      ...[`${short}:1 RUNNABLE`, `${short}:1 STARTING`],
    ])
    await loop.execute(cancelJob({ jobId: `${jobId}:2`, reason: 'r' }))
    expect(sketch(store).at(-1)).toBe(`${short}:2 FAILED`)
    expect(told(store).at(-1)!.detail).toMatchObject({ isCancelled: true, arrayProperties: { index: 2 } })
  })

  test('that is cancelled reports every child, each with its own id, from one entry', async () => {
    const { loop, store } = await makeLoop()
    const size = 10_000
    const jobId = idOf(await loop.execute(submission({ ...wide, arrayProperties: { size } })))
    await loop.execute(cancelJob({ jobId: `${jobId}:5`, reason: 'first' }))
    const before = store.outbox.lastSeq()
    await loop.execute(cancelJob({ jobId, reason: 'no more' }))
    // Child 0 runs, and child 5 has ended before.
    expect(store.outbox.lastSeq() - before).toBe(size - 2)
    expect(store.outbox.read(before, 10)).toHaveLength(1)
    const events = readEvents((after, limit) => store.outbox.read(after, limit), before, size)
    expect(events.map(({ body }) => body.detail.arrayProperties!.index)).toEqual(
      Array.from({ length: size }, (_, index) => index).filter((index) => index !== 0 && index !== 5),
    )
    for (const { body, text } of [events[0]!, events[3000]!]) {
      const { index } = body.detail.arrayProperties!
      const jobArn = `arn:aws:batch:us-west-2:123456789012:job/${jobId}:${index}`
      expect(JSON.parse(text)).toMatchObject({
        resources: [jobArn],
        detail: {
          jobArn,
          jobId: `${jobId}:${index}`,
          status: 'FAILED',
          statusReason: 'no more',
          tags: { resourceArn: jobArn },
        },
      })
    }
    expect(new Set(events.map(({ body }) => body.id)).size).toBe(events.length)
    for (const { body } of events.slice(0, 50)) expect(body.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    // An event is the same wherever reading begins.
    const [again] = readEvents((after, limit) => store.outbox.read(after, limit), events[3000]!.seq - 1, 1)
    expect(again!.text).toBe(events[3000]!.text)
  })
})

describe('a queue that is blocked', () => {
  const blocked = (store: Store) => told(store).filter((event) => event['detail-type'] === 'Batch Job Queue Blocked')

  test('is reported once for a job and a reason, however often it is examined', async () => {
    const { loop, store } = await makeLoop()
    const huge = { containerOverrides: { resourceRequirements: needs(9, 512) } }
    const jobId = idOf(await loop.execute(submission(huge)))
    for (let times = 0; times < 3; times++) await loop.execute(seen(hostOf('h1')))
    expect(blocked(store)).toMatchObject([
      {
        resources: [
          `arn:aws:batch:us-west-2:123456789012:job/${jobId}`,
          'arn:aws:batch:us-west-2:123456789012:job-queue/q',
        ],
        detail: {
          jobId,
          status: 'RUNNABLE',
          statusReason: expect.stringMatching(/^MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - /),
        },
      },
    ])
    await loop.execute(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 5 } }))
    expect(blocked(store).map(({ detail }) => detail.statusReason!.split(' ')[0])).toEqual([
      'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
      'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    ])
  })

  test('is reported with the child that would start next', async () => {
    const { loop, store } = await makeLoop()
    const huge = { containerOverrides: { resourceRequirements: needs(9, 512) }, arrayProperties: { size: 3 } }
    const jobId = idOf(await loop.execute(submission(huge)))
    await loop.execute(cancelJob({ jobId: `${jobId}:0`, reason: 'r' }))
    await loop.execute(seen(hostOf('h1')))
    expect(blocked(store)).toMatchObject([{ detail: { jobId: `${jobId}:0`, status: 'RUNNABLE' } }])
  })

  test('is reported when no environment is valid, with the job at its head', async () => {
    const { loop, store } = await makeLoop()
    const invalid: Command = (state) => ({
      kind: 'accepted',
      answer: undefined,
      events: [
        {
          type: 'computeEnvironmentChanged',
          computeEnvironment: { ...state.computeEnvironments.get('ce')!, status: 'INVALID' },
        },
      ],
    })
    await loop.execute(invalid)
    const head = idOf(await loop.execute(submission()))
    await loop.execute(submission())
    expect(blocked(store)).toMatchObject([
      { detail: { jobId: head, statusReason: expect.stringMatching(/^ACTION_REQUIRED - CE\(s\) .* invalid\./) } },
    ])
  })

  test('is not reported while it only waits its turn, or for room', async () => {
    const { loop, store } = await makeLoop()
    for (let times = 0; times < 3; times++) await loop.execute(submission(wide))
    await loop.execute(driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'away' } }))
    expect(blocked(store)).toEqual([])
  })
})

test('nothing is reported that did not become durable', async () => {
  const { loop, store } = await makeLoop()
  store.failing = 'full'
  await loop.execute(submission())
  store.failing = undefined
  expect(told(store)).toEqual([])
  const jobId = idOf(await loop.execute(submission()))
  expect(told(store).map(({ detail }) => detail.jobId)).toEqual([jobId, jobId])
})

test('in random lives, on a store that fails at times, the reports of a job are its life', async () => {
  const turns = fc.array(fc.record({ steps: fc.array(step, { maxLength: 6 }), fails: fc.nat(4) }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(turns, async (plan) => {
      const { loop, store, broken } = await makeLoop(makeRandomWorld)
      const finished = new Map<string, Job>()
      for (const { steps, fails } of plan) {
        store.failing = fails === 0 ? 'full' : undefined
        const results: Promise<unknown>[] = []
        const living: Living = {
          get state() {
            return loop.state
          },
          now: startMs,
          finished,
          try: (command) => void results.push(loop.execute(command)),
        }
        const settled = async () => {
          await Promise.all(results.splice(0))
          await loop.idle()
          for (const status of ['SUCCEEDED', 'FAILED'] as const)
            for (const jobQueue of ['q', 'urgent'])
              for (const job of store.listJobs({ scope: { jobQueue }, status, limit: 1000 }))
                finished.set(job.jobId, job)
        }
        for (const one of steps) {
          // It uses jobs that have ended.
          if (one.action === 'submitPaired') await settled()
          take(living, one)
        }
        await settled()
      }
      expect(broken).toEqual([])
      expectLives(loop, store)
    }),
    { numRuns: 150 },
  )
})

/** The reported statuses that may follow one another. SUBMITTED is never reported. */
const following = new Map(
  jobStatuses.map((status) => [
    status,
    new Set(
      Object.values(transitions).flatMap(({ from, to }) =>
        from.includes(status) ? to.filter((it) => it !== status) : [],
      ),
    ),
  ]),
)

/** Every known job was reported, step by step, up to its present status. */
function expectLives(loop: Loop, store: Store): void {
  const lives = new Map<string, string[]>()
  for (const event of told(store)) {
    if (event['detail-type'] !== 'Batch Job State Change') continue
    const { jobId, status, attempts, arrayProperties } = event.detail
    const life = lives.get(jobId!) ?? []
    const before = life.at(-1)
    // A child that ended before it was ready to start is reported only by its end.
    const first = arrayProperties?.index === undefined ? ['PENDING', 'RUNNABLE', 'FAILED'] : ['RUNNABLE', 'FAILED']
    if (before === undefined) expect(first).toContain(status)
    else expect([...following.get(before as never)!]).toContain(status)
    expect(attempts!.length).toBeLessThanOrEqual(life.length + 1)
    lives.set(jobId!, [...life, status!])
  }
  for (const job of loop.state.jobs.values()) {
    expect(lives.get(job.jobId)?.at(-1), job.jobId).toBe(job.state.status)
    if (liveAttempt(job))
      expect(lives.get(job.jobId)!.filter((it) => it === 'STARTING')).toHaveLength(job.attempts.length + 1)
  }
  const ids = [...lives.keys()]
  const stored = store.getJobs(ids)
  for (const jobId of ids) {
    const job = stored.get(jobId)
    if (job) expect(lives.get(jobId)!.at(-1), jobId).toBe(job.state.status)
    else expect(lives.get(jobId), `${jobId} has no record`).toEqual(['FAILED'])
  }
}
