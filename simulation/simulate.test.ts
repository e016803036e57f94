/**
 * Whole simulations: figures compared with small scenarios worked out by hand, and the core's
 * invariants after every turn.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { brokenInvariants } from '../src/core/invariants.ts'
import type { State } from '../src/core/state/state.ts'
import { type Results, resultsOf } from './results.ts'
import { loadScenario, type ScenarioVariant } from './scenario.ts'
import { type SimulationHooks, simulate } from './simulate.ts'
import { terminalTable } from './table.ts'

const documents = join(import.meta.dirname, '../docs/simulation')
const read = (name: string) => readFileSync(join(documents, name), 'utf8')
const readTrace = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')

function run(variant: ScenarioVariant, hooks?: SimulationHooks): Results {
  return resultsOf(variant, simulate(variant.scenario, hooks))
}

const holds = (state: State) => expect(brokenInvariants(state)).toEqual([])

/** One host of 4 vCPUs, one queue `q`, one hour. Invariants hold after every turn. */
function small(change: Record<string, unknown>, afterTurn = holds): Results {
  const base = {
    hours: 1,
    hosts: { h: { vcpus: 4, memoryMib: 8192 } },
    computeEnvironments: { ce: {} },
    jobQueues: { q: { computeEnvironments: ['ce'] } },
  }
  const [variant] = loadScenario({ text: stringify({ ...base, ...change }), readTrace })
  return run(variant!, { afterTurn })
}

const stream = (change: Record<string, unknown>) => ({
  name: 'jobs',
  jobQueue: 'q',
  atSeconds: [0],
  memoryMib: 100,
  durationSeconds: 100,
  ...change,
})

test('a job that finds the host full waits for the previous one', () => {
  const { queues, utilisation, jobs, window, attempts } = small({
    arrivals: [stream({ atSeconds: [0, 40, 500], vcpus: 4 })],
  })
  expect(jobs).toEqual({ submitted: 3, succeeded: 3, failed: 0, unfinished: 0, refused: {} })
  const waits = { jobs: 3, p50Seconds: 0, p95Seconds: 60, maxSeconds: 60, meanSeconds: 20 }
  expect(queues.q).toMatchObject({ waits, meanSlowdown: Number(((1 + 1.6 + 1) / 3).toPrecision(6)) })
  expect(utilisation.vcpus).toBeCloseTo(300 / 3600, 5)
  expect(utilisation.memory).toBeCloseTo((300 * 100) / (3600 * 8192), 5)
  expect(window.endedAtHour).toBeCloseTo(600 / 3600, 5)
  expect(attempts).toMatchObject({ started: 3, interrupted: 0, lost: 0 })
})

test('children of an array count one by one, and start as room allows', () => {
  const { queues, jobs } = small({ arrivals: [stream({ arraySize: 5, vcpus: 2, durationSeconds: 10 })] })
  expect(jobs).toMatchObject({ submitted: 5, succeeded: 5 })
  // Two at a time: 0, 0, 10, 10, 20 seconds.
  expect(queues.q!.waits).toEqual({ jobs: 5, p50Seconds: 10, p95Seconds: 20, maxSeconds: 20, meanSeconds: 8 })
})

test('the jobs of a chain follow one another, and each wait begins when the job may start', () => {
  const { queues, window, jobs } = small({ arrivals: [stream({ chain: 3 })] })
  expect(window.endedAtHour).toBeCloseTo(300 / 3600, 5)
  expect(jobs).toMatchObject({ submitted: 3, succeeded: 3 })
  expect(queues.q!.waits).toMatchObject({ jobs: 3, maxSeconds: 0 })
})

test('a chain fails with its first job, after all its attempts', () => {
  const { attempts, jobs } = small({ arrivals: [stream({ chain: 3, failureProbability: 1, attempts: 2 })] })
  expect(attempts.started).toBe(2)
  expect(jobs).toMatchObject({ submitted: 3, succeeded: 0, failed: 3, unfinished: 0 })
})

test('a job that exceeds its time is stopped, and ends after the grace', () => {
  const { attempts, jobs, window } = small({ arrivals: [stream({ durationSeconds: 1000, timeoutSeconds: 60 })] })
  expect(attempts).toMatchObject({ started: 1, timedOut: 1, interrupted: 0 })
  expect(jobs).toMatchObject({ failed: 1 })
  expect(window.endedAtHour).toBeCloseTo(90 / 3600, 5)
})

test('a job waits for its time to start, and holds its place meanwhile', () => {
  const { queues, window } = small({ startSeconds: 5, arrivals: [stream({ atSeconds: [0, 0], vcpus: 4 })] })
  expect(queues.q!.waits).toMatchObject({ p50Seconds: 5, maxSeconds: 110 })
  expect(window.endedAtHour).toBeCloseTo(210 / 3600, 5)
})

test('a job that fits nowhere waits forever, the simulation still ends, and its stream is reported', () => {
  const results = small({
    arrivals: [
      stream({ name: 'wide', vcpus: { choose: { 64: 1 } }, chain: 2 }),
      stream({ name: 'wideArray', vcpus: 16, memoryMib: 200, arraySize: 3 }),
      stream({ name: 'others', atSeconds: [1] }),
    ],
  })
  expect(results.jobs).toMatchObject({ submitted: 6, succeeded: 1, unfinished: 5 })
  expect(results.unfinished).toEqual({
    wide: { jobs: 2, running: 0, tooLarge: 1, largest: { vcpus: 64, memoryMib: 100, gpus: 0 } },
    wideArray: { jobs: 3, running: 0, tooLarge: 3, largest: { vcpus: 16, memoryMib: 200, gpus: 0 } },
  })
  expect(terminalTable('x', results).match(/^unfinished .*$/gm)).toEqual([
    'unfinished   wide: 1 that no host, or no compute environment of the queue, can hold (up to 64 vCPU and 100 MiB), 1 waiting for room or for other jobs',
    'unfinished   wideArray: 3 that no host, or no compute environment of the queue, can hold (up to 16 vCPU and 200 MiB)',
  ])
})

test('unfinished jobs are reported with what they did at the end', () => {
  const { jobs, unfinished } = small({
    drainHours: 0,
    arrivals: [stream({ vcpus: 2, arraySize: 5, durationSeconds: 1600 }), stream({ name: 'done', atSeconds: [1] })],
  })
  // Two at a time from 0 and 1600 s on: four have ended at 3200 s, the small job among them, and
  // one runs.
  expect(jobs).toMatchObject({ submitted: 6, unfinished: 1 })
  expect(unfinished).toEqual({ jobs: { jobs: 1, running: 1, tooLarge: 0 } })
})

test('what the core refuses is reported with its message', () => {
  const { jobs } = small({
    computeEnvironments: { ce: { type: 'FARGATE' } },
    arrivals: [stream({ vcpus: 3, memoryMib: 4096 }), stream({ name: 'right', vcpus: 0.5, memoryMib: 1024 })],
  })
  expect(jobs).toMatchObject({ submitted: 1, succeeded: 1 })
  expect(Object.entries(jobs.refused)).toEqual([[expect.stringMatching(/^Fargate resource requirements \(3\.00/), 1]])
})

test('spot gives way to on-demand work, is tried again, and has its own price', () => {
  const { attempts, jobs, queues, cost } = small({
    computeEnvironments: { ce: {}, spot: { type: 'SPOT' } },
    jobQueues: { q: { computeEnvironments: ['ce'] }, rest: { computeEnvironments: ['spot'] } },
    arrivals: [
      stream({ name: 'spot', jobQueue: 'rest', vcpus: 4, durationSeconds: 1000, attempts: 2 }),
      stream({ name: 'onDemand', atSeconds: [100], vcpus: 4 }),
    ],
    prices: { onDemandVcpuHour: 9, spotVcpuHour: 3.6 },
  })
  expect(jobs).toMatchObject({ succeeded: 2, failed: 0 })
  expect(attempts).toMatchObject({ started: 3, interrupted: 1 })
  // Notice at 100 s, gone at 130 s. The other job runs to 230 s, and then the first one runs again
  // from its beginning.
  expect(attempts.lostVcpuHours).toBeCloseTo((4 * 130) / 3600, 5)
  expect(queues.q!.waits.maxSeconds).toBe(30)
  expect(cost.spotVcpuHours).toBeCloseTo((4 * 1130) / 3600, 5)
  expect(cost.spot).toBeCloseTo(4 * 1130 * 0.001, 4)
  expect(cost.onDemand).toBeCloseTo(4 * 100 * 0.0025, 4)
})

test('hosts fail and return, and their attempts are tried again', () => {
  const { attempts, jobs } = small({
    hosts: { h: { count: 2, vcpus: 2, memoryMib: 8192, mtbfHours: 0.5, repairMinutes: 3 } },
    hours: 4,
    arrivals: [stream({ perHour: 40, atSeconds: undefined, vcpus: 1, attempts: 10 })],
  })
  expect(attempts.hostFailures).toBeGreaterThan(4)
  expect(attempts.lost).toBeGreaterThan(0)
  expect(attempts.lostVcpuHours).toBeGreaterThan(0)
  expect(attempts.started).toBe(jobs.submitted + attempts.lost)
  expect(jobs).toMatchObject({ failed: 0, unfinished: 0 })
})

test('jobs submitted during the warm-up do not count among the waits', () => {
  const { queues, jobs } = small({ warmUpHours: 0.5, arrivals: [stream({ atSeconds: [0, 0, 1800], vcpus: 4 })] })
  expect(jobs.submitted).toBe(3)
  expect(queues.q!.waits).toMatchObject({ jobs: 1, maxSeconds: 0 })
})

test('a trace is submitted as written', () => {
  const { jobs, queues } = small({
    hosts: { h: { vcpus: 8, memoryMib: 65536 } },
    arrivals: [{ name: 'trace', jobQueue: 'q', trace: 'sample.testing.swf', shareIdentifier: 'user' }],
  })
  // Of six jobs one was cancelled before it ran, one has an unknown run time, and one failed.
  expect(jobs).toMatchObject({ submitted: 4, succeeded: 3, failed: 1 })
  const { shares } = queues.q!
  expect(Object.keys(shares)).toEqual(['user-3', 'user-4', 'user-5'])
  // 8 processors are free when job 1 ends at 600 s. Job 5 may start when job 2 ends at 310 s, and
  // stands behind job 4 until 720 s.
  expect(shares['user-3']!.waits).toMatchObject({ jobs: 2, maxSeconds: 570 })
  expect(shares['user-5']!.waits).toMatchObject({ jobs: 1, maxSeconds: 410 })
})

test('shares get what their weights say, which FIFO ignores', () => {
  const unequal = (policy: Record<string, string>) =>
    small(
      {
        hours: 10,
        schedulingPolicies: { p: { shareDistribution: { ann: 1, bob: 3 } } },
        jobQueues: { q: { computeEnvironments: ['ce'], ...policy } },
        arrivals: ['ann', 'bob'].map((name, at) =>
          stream({ name, shareIdentifier: name, atSeconds: [at], arraySize: 2000, durationSeconds: 100 }),
        ),
      },
      // Thousands of children, and nothing that the other tests do not cover.
      () => {},
    )
  const fair = unequal({ schedulingPolicy: 'p' }).queues.q!
  const fifo = unequal({ fairnessBy: 'p' }).queues.q!
  expect(fair.shareError).toBeLessThan(0.02)
  expect(fair.shares.ann!.vcpuHours / fair.shares.bob!.vcpuHours).toBeCloseTo(3, 0)
  // ann's 2,000 jobs go first and take the whole window, of which a quarter was due to bob.
  expect(fifo.shares.bob!.vcpuHours).toBe(0)
  expect(fifo.shareError).toBeCloseTo(0.25, 2)
})

test('small.yaml: the core keeps its invariants throughout', () => {
  let turns = 0
  const [variant] = loadScenario({ text: read('small.yaml'), readTrace })
  const results = run(variant!, {
    afterTurn(state) {
      turns++
      holds(state)
    },
  })
  expect(turns).toBe(results.loop.turns)
  expect(results.jobs.unfinished).toBe(0)
  expect(results.jobs.succeeded + results.jobs.failed).toBe(results.jobs.submitted)
  expect(results.jobs.submitted).toBeGreaterThan(250)
})

test('the same seed gives the same results to the byte, another seed others', () => {
  const of = (seed?: number) => {
    const [variant] = loadScenario({ text: read('small.yaml'), readTrace, seed })
    return JSON.stringify(run(variant!))
  }
  const first = of()
  expect(of()).toBe(first)
  expect(of(8)).not.toBe(first)
})

test('variants see the same jobs, in whatever order they take them', () => {
  const text = read('compare.yaml').replace(/^warmUpHours: .*/m, 'warmUpHours: 0')
  const variants = loadScenario({ text, readTrace })
  expect(variants.map(({ variant }) => variant)).toEqual(['fifo', 'backfill', 'fair share', 'fair share, backfill'])
  const seen = variants.map((variant) => {
    // The use of all jobs together, when the last of them has ended.
    const { jobs, queues, window } = run({
      ...variant,
      scenario: { ...variant.scenario, hours: 100, arrivals: upTo(6, variant) },
    })
    expect(jobs).toMatchObject({ unfinished: 0, failed: 0, refused: {} })
    expect(window.endedAtHour).toBeLessThan(100)
    const used = Object.entries(queues.main!.shares).map(([name, { vcpuHours }]) => [name, vcpuHours.toPrecision(4)])
    return JSON.stringify([jobs, used])
  })
  expect(new Set(seen).size).toBe(1)
})

function upTo(toHour: number, { scenario }: ScenarioVariant) {
  return scenario.arrivals.map((it) => ({ ...it, toHour }))
}

test.each(['small.yaml', 'shares.yaml', 'day.yaml', 'compare.yaml'])('%s has no problems', (name) => {
  expect(loadScenario({ text: read(name), readTrace }).length).toBeGreaterThan(0)
})
