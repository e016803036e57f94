/**
 * The server decides nothing by its clock about a time in which it was not looking: it was away or
 * stopped for a while, or somebody set its machine's clock. The engine then says what became of a
 * job.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import { settleJobQueue } from '../../core/job-queue/decide.ts'
import { needs, queueRequest, spotEnvironmentRequest } from '../../core/world.testing.ts'
import { lostGraceMs, Site } from './site.testing.ts'

let site = new Site()
afterEach(async () => {
  await site.supervisor.close()
  await site.driver.close()
  site = new Site()
})

const dayMs = 86_400_000
const timeoutMs = 60_000
const timeout = { attemptDurationSeconds: 60 }
const timedOut = 'Job attempt duration exceeded timeout'
const exited = 'Essential container in task exited'

const container = (name: string, command: string[], essential = true) => ({
  ...{ name, image: 'busybox', command, essential, resourceRequirements: needs(1, 128) },
})
const node = (targetNodes: string, command: string[]) => ({
  targetNodes,
  container: { image: 'busybox', command, resourceRequirements: needs(1, 128) },
})

/** Each kind of job whose end is that of one container. */
const kinds = {
  'one container': (at: Site, command: string[]) => at.submit(command, { timeout }),
  'several containers': (at: Site, command: string[]) => {
    const containers = [container('app', command), container('db', ['wait never'], false)]
    return at.submitNew({ ecsProperties: { taskProperties: [{ containers }] } }, { timeout })
  },
  'several nodes': (at: Site, command: string[]) => {
    const nodeRangeProperties = [node('0', command), node('1:2', ['wait never'])]
    const nodeProperties = { numNodes: 3, mainNode: 0, nodeRangeProperties }
    return at.submitNew({ type: 'multinode', nodeProperties }, { timeout })
  },
}
type Kind = keyof typeof kinds

/** Each way of not looking for that long. */
const absences: Record<string, (at: Site, ms: number) => Promise<unknown>> = {
  'while the server was away': (at, ms) => at.restart(() => at.pass(ms)),
  'while the server was stopped': (at, ms) => at.pause(ms),
  'while the engine could not be reached': async (at, ms) => {
    at.control.unreachable()
    await at.pass(ms)
    at.control.reachable()
  },
}

describe.each(Object.keys(kinds) as Kind[])('a job of %s', (kind) => {
  describe.each(Object.entries(absences))('%s past its deadline', (_name, absent) => {
    test('ended well and in time: its end stays as it was', async () => {
      const jobId = await kinds[kind](site, ['run 20s', 'print done'])
      await site.running(jobId)
      await absent(site, 100_000)
      await site.finished(jobId)
      expect(site.job(jobId).state).toMatchObject({ status: 'SUCCEEDED', statusReason: exited })
      expect(site.job(jobId).attempts).toMatchObject([{ exitCode: 0 }])
      expect(site.lines()).toEqual(['done'])
    })

    test('failed in time: its end stays as it was', async () => {
      const jobId = await kinds[kind](site, ['run 60s', 'exit 7'])
      await site.running(jobId)
      await absent(site, 100_000)
      await site.finished(jobId)
      expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: exited })
      expect(site.job(jobId).attempts).toMatchObject([{ exitCode: 7 }])
    })

    test('ended well, and too late: it has timed out', async () => {
      const jobId = await kinds[kind](site, ['run 61s'])
      await site.running(jobId)
      await absent(site, 100_000)
      await site.finished(jobId)
      expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: timedOut })
      expect(site.job(jobId).attempts).toMatchObject([{ exitCode: 0 }])
    })

    test('still runs: it is stopped, and has timed out', async () => {
      const jobId = await kinds[kind](site, ['wait never'])
      await site.running(jobId)
      await absent(site, 100_000)
      const backAtMs = site.clock.now()
      await site.finished(jobId)
      expect(site.job(jobId).state).toMatchObject({ status: 'FAILED', statusReason: timedOut })
      // Decided as soon as the engine answers again.
      expect(site.job(jobId).attempts[0]!.stoppedAtMs - backAtMs).toBeLessThan(6_000)
    })
  })

  test.each([
    ['back', -dayMs],
    ['forward', dayMs],
  ])('keeps its time when the machine’s clock is set %s a day', async (_way, ms) => {
    const [long, short] = [await kinds[kind](site, ['wait never']), await site.submit(['run 30s'], { timeout })]
    await site.running(long)
    const startedAtMs = site.clock.now()
    await site.pass(10_000)
    site.setClock(ms)
    await site.finished(short)
    expect(site.job(short).state).toMatchObject({ status: 'SUCCEEDED', statusReason: exited })
    await site.finished(long)
    expect(site.job(long).state).toMatchObject({ status: 'FAILED', statusReason: timedOut })
    expect(site.clock.now() - startedAtMs).toBeLessThanOrEqual(timeoutMs + 1_000)
    const [attempt] = site.job(long).attempts
    expect(attempt!.stoppedAtMs).toBeGreaterThanOrEqual(attempt!.startedAtMs!)
  })
})

test('a timeout still comes after a restart with a clock that was set back meanwhile', async () => {
  const jobId = await site.submit(['wait never'], { timeout })
  await site.running(jobId)
  await site.restart(async () => site.setClock(-dayMs))
  const restartedAtMs = site.clock.now()
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({ statusReason: timedOut })
  expect(site.clock.now() - restartedAtMs).toBeLessThanOrEqual(timeoutMs + 1_000)
})

test('an end discovered while the engine comes and goes past the deadline is decided once, by its own time', async () => {
  const jobId = await site.submit(['run 20s', 'unreachable 100s', 'exit 0'], { timeout })
  await site.running(jobId)
  await site.pause(70_000)
  await site.finished(jobId)
  expect(site.job(jobId).state).toMatchObject({ status: 'SUCCEEDED' })
})

describe('a container that is waited for', () => {
  const slow = (startTimeout: number, command: string[]) => ({ ...container('slow', command, false), startTimeout })
  const waiting = {
    ...container('app', ['exit 0']),
    dependsOn: [{ containerName: 'slow', condition: 'COMPLETE' }],
  }
  const submit = (containers: object[]) =>
    site.submitNew({ ecsProperties: { taskProperties: [{ containers }] } } as never)
  const given = () => site.pass(1_000)

  test.each([
    ['back', -dayMs],
    ['forward', dayMs],
  ])('keeps its time when the clock is set %s', async (_way, ms) => {
    const jobId = await submit([slow(60, ['run 30s']), waiting])
    await given()
    site.setClock(ms)
    await site.finished(jobId)
    expect(site.status(jobId)).toBe('SUCCEEDED')
    const late = await submit([slow(60, ['wait never']), waiting])
    await given()
    const startedAtMs = site.clock.now()
    site.setClock(-ms)
    await site.finished(late)
    expect(site.job(late).attempts.at(-1)!.reason).toMatch(/container slow, on which it depends, has timed out$/)
    expect(site.clock.now() - startedAtMs).toBeLessThanOrEqual(60_000)
  })
})

describe('an attempt that the engine denies', () => {
  test('while the server was stopped has the whole grace afterwards', async () => {
    const jobId = await site.submit(['run 1s', 'vanish'])
    await site.running(jobId)
    await site.pause(10 * lostGraceMs)
    await site.pass(lostGraceMs - 10_000)
    expect(site.status(jobId)).toBe('RUNNING')
    await site.finished(jobId)
    expect(site.job(jobId).state).toMatchObject({ statusReason: expect.stringMatching(/^Host EC2/) })
  })

  test('is lost neither sooner nor later because the clock was set', async () => {
    const jobId = await site.submit(['run 1s', 'vanish'])
    await site.running(jobId)
    await site.pass(5_000)
    site.setClock(dayMs)
    await site.pass(lostGraceMs - 5_000)
    expect(site.status(jobId)).toBe('RUNNING')
    site.setClock(-2 * dayMs)
    await site.pass(10_000)
    expect(site.status(jobId)).toBe('FAILED')
  })
})

describe('a spot attempt', () => {
  const all = { resourceRequirements: needs(4, 512) }
  const onDemand = () => void site.submit(['run 5s'], { containerOverrides: { command: ['run 5s'], ...all } })
  const spot = async (command: string[]) => {
    await site.execute(spotEnvironmentRequest('spare'))
    await site.execute(settleComputeEnvironment('spare'))
    await site.execute(queueRequest('cheap', ['spare']))
    await site.execute(settleJobQueue('cheap'))
    const jobId = await site.submit(command, { jobQueue: 'cheap', containerOverrides: { command, ...all } })
    await site.running(jobId)
    return jobId
  }

  /** The job that needs the room exists before the engine answers. */
  const arrives = () => {
    site.control.unreachable()
    onDemand()
  }
  const answers = async () => {
    await site.pass(2_000)
    site.control.reachable()
  }
  const ways: [string, () => Promise<unknown>][] = [
    [
      'away',
      () =>
        site
          .restart(() => site.pass(100_000).then(() => site.control.unreachable()))
          .then(arrives)
          .then(answers),
    ],
    ['stopped', () => site.pause(100_000, arrives).then(answers)],
  ]
  test.each(ways)(
    'that ended while the server was %s gets no notice, although its room is requested first',
    async (_how, absent) => {
      const jobId = await spot(['run 20s', 'exit 7'])
      await absent()
      await site.finished(jobId)
      expect(site.job(jobId)).toMatchObject({ state: { statusReason: exited }, attempts: [{ exitCode: 7 }] })
    },
  )

  test.each(ways)(
    'that still runs when the server returns from being %s gets its notice then',
    async (_how, absent) => {
      const jobId = await spot(['wait never'])
      await absent()
      await site.finished(jobId)
      expect(site.job(jobId).state).toMatchObject({ statusReason: expect.stringMatching(/^Host EC2/) })
    },
  )
})

describe('the times of an engine whose clock differs', () => {
  /** The observations as the server receives them while the engine's clock is ahead. */
  const skewed = (aheadMs: number) => {
    const { inspect } = site.watched
    site.watched.inspect = async (names) =>
      new Map(
        [...(await inspect(names))].map(([name, seen]) => [
          name,
          {
            ...seen,
            ...('startedAtMs' in seen ? { startedAtMs: seen.startedAtMs! + aheadMs } : {}),
            ...('stoppedAtMs' in seen ? { stoppedAtMs: seen.stoppedAtMs + aheadMs } : {}),
          } as typeof seen,
        ]),
      )
  }

  test.each([
    ['an hour behind', -3_600_000],
    ['an hour ahead', 3_600_000],
  ])('%s are moved into the server’s view, and no job is killed for them', async (_how, aheadMs) => {
    skewed(aheadMs)
    const [short, long] = [await site.submit(['run 20s'], { timeout }), await site.submit(['wait never'], { timeout })]
    await site.running(long)
    const startedAtMs = site.clock.now()
    expect(site.job(short).state).toMatchObject({ startedAtMs })
    await site.finished(short)
    expect(site.job(short).state).toMatchObject({ status: 'SUCCEEDED', startedAtMs, stoppedAtMs: startedAtMs + 20_000 })
    await site.finished(long)
    expect(site.job(long).state).toMatchObject({ statusReason: timedOut, startedAtMs })
    expect(site.clock.now() - startedAtMs).toBe(timeoutMs)
  })
})

/** What may happen to a server, and to its machine, in a minute. */
const disturbance = fc.oneof(
  fc.record({ what: fc.constant('goes by' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({
    what: fc.constantFrom('is away' as const, 'is stopped' as const),
    ms: fc.integer({ min: 1, max: 200_000 }),
  }),
  fc.record({ what: fc.constant('engine away' as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
  fc.record({ what: fc.constant('clock is set' as const), ms: fc.integer({ min: -2 * dayMs, max: 2 * dayMs }) }),
)
const job = fc.record({
  kind: fc.constantFrom(...(Object.keys(kinds) as Kind[])),
  seconds: fc.integer({ min: 1, max: 130 }),
})

test('in random lives each job ends as its engine saw it end, however long nobody looked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 3 }), fc.array(disturbance, { maxLength: 7 }), lives),
    { numRuns: 60 },
  )
})

const looking = ['goes by', 'clock is set']

async function lives(
  jobs: readonly { kind: Kind; seconds: number }[],
  disturbances: readonly { what: string; ms: number }[],
): Promise<void> {
  const at = new Site()
  try {
    const ids = []
    for (const { kind, seconds } of jobs) ids.push(await kinds[kind](at, [`run ${seconds}s`]))
    for (const id of ids) await at.running(id)
    let wasSet = false
    for (const { what, ms } of disturbances) {
      if (what === 'goes by') await at.pass(ms)
      if (what === 'is stopped') await at.pause(ms)
      // If the clock is set, nobody knows how long a job ran that a later server finds.
      if (what === 'is away') await at.restart(() => at.pass(ms))
      if (what === 'engine away') await absences['while the engine could not be reached']!(at, ms)
      if (what === 'clock is set' && !disturbances.some((it) => it.what === 'is away')) {
        at.setClock(ms)
        wasSet = true
      }
    }
    for (const [index, id] of ids.entries()) {
      await at.finished(id)
      const { kind, seconds } = jobs[index]!
      const inTime = seconds * 1000 <= timeoutMs
      const { status, statusReason } = at.job(id).state as { status: string; statusReason: string }
      const [attempt] = at.job(id).attempts
      expect(attempt!.stoppedAtMs).toBeGreaterThanOrEqual(attempt!.startedAtMs!)
      // Nor does anybody know it of a job that ended while nobody looked.
      if (wasSet && disturbances.some(({ what }) => !looking.includes(what))) continue
      const expected = inTime ? ['SUCCEEDED', exited] : ['FAILED', timedOut]
      expect([status, statusReason], `${kind}, ${seconds} s`).toEqual(expected)
      if (!wasSet && inTime) expect(attempt!.stoppedAtMs - attempt!.startedAtMs!).toBe(seconds * 1000)
    }
  } finally {
    await at.supervisor.close()
    await at.driver.close()
  }
}
