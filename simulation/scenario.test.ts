/**
 * Wrong scenarios: everything is reported in one run, each problem in a line that names its place.
 */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { loadScenario, ScenarioProblems } from './scenario.ts'

const stream = (change: Record<string, unknown> = {}) => ({
  ...{ name: 'jobs', jobQueue: 'q', atSeconds: [0], memoryMib: 100, durationSeconds: 100 },
  ...change,
})

const right = {
  hours: 1,
  hosts: { h: { vcpus: 4, memoryMib: 8192 } },
  computeEnvironments: { ce: {} },
  jobQueues: { q: { computeEnvironments: ['ce'] } },
  arrivals: [stream()],
}

function problemsOf(scenario: string | Record<string, unknown>): readonly string[] {
  const text = typeof scenario === 'string' ? scenario : stringify(scenario)
  const readTrace = (name: string) => {
    throw new Error(`${name} is not there`)
  }
  try {
    loadScenario({ text, readTrace })
    return []
  } catch (error) {
    if (error instanceof ScenarioProblems) return error.problems
    throw error
  }
}
const problemsWith = (change: Record<string, unknown>) => problemsOf({ ...right, ...change })

test('everything that is wrong with a scenario is reported at once', () => {
  const problems = problemsOf({
    hours: 1,
    warmUpHours: 2,
    hosts: { h: { vcpus: 4, memoryMib: 8192, driver: 'd' } },
    computeEnvironments: { ce: { bidPercentage: 50 }, odd: { typ: 'SPOT' } },
    schedulingPolicies: { p: {}, over: { shareDistribution: { 'a*': 1, 'ab*': 1 } } },
    jobQueues: {
      q: { computeEnvironments: ['ce', 'none'], schedulingPolicy: 'p' },
      twice: { computeEnvironments: ['ce', 'ce'], tags: { 'openbatch:maxConcurrent': 'x' } },
    },
    rules: { backfil: true, arraySizeMax: 'many', backfill: 'yes' },
    arrivals: [
      stream({ perHour: 3, durationSeconds: { choose: { often: 1 } } }),
      stream({ jobQueue: 'r', atSeconds: undefined, trace: 'none.swf' }),
      stream({ name: 'odd', durationSecond: 1, vcpus: 0.5, fromHour: 1 }),
    ],
  })
  expect(problems.map((it) => it.replace(/; there are .*/, '')).sort()).toEqual([
    'arrivals.jobs.durationSeconds: often is not a number',
    'arrivals.jobs.durationSeconds: the trace has its own',
    'arrivals.jobs.jobQueue: there is no job queue r',
    'arrivals.jobs.memoryMib: the trace has its own',
    'arrivals.jobs.shareIdentifier: is required, as job queue q has a scheduling policy',
    'arrivals.jobs.trace: none.swf is not there',
    'arrivals.jobs: must have one of perHour, atSeconds and trace',
    'arrivals.jobs: there are two of this name',
    'arrivals.odd.durationSecond: there is no such member',
    'arrivals.odd.fromHour: must be before hours, when submissions end',
    'arrivals.odd.shareIdentifier: is required, as job queue q has a scheduling policy',
    'arrivals.odd.vcpus: must be a whole number of at least 1 where compute environments are EC2, not 0.5',
    'computeEnvironments.ce.bidPercentage: is for environments of type SPOT',
    'computeEnvironments.ce.driver: there is no host of a driver simulated',
    'computeEnvironments.odd.driver: there is no host of a driver simulated',
    'computeEnvironments.odd.typ: there is no such member',
    'jobQueues.q.computeEnvironments: there is no compute environment none',
    'jobQueues.twice: The tag openbatch:maxConcurrent must be a whole number of at least 1, got x.',
    'rules.arraySizeMax: must be integer',
    'rules.backfil: there is no such member',
    'rules.backfill: must be boolean',
    'schedulingPolicies.over: Share identifier ab* matches another share identifier a*',
    'warmUpHours: must be less than hours',
  ])
})

test('the form has one line for each problem', () => {
  expect(problemsOf('hours: .inf\nhots: {}\narrivals: []\nseed: x')).toEqual([
    'hosts: is required',
    'computeEnvironments: is required',
    'jobQueues: is required',
    expect.stringMatching(/^hots: there is no such member; there are .*hosts, .*, variants$/),
    'seed: must be integer',
    'hours: must be number',
    'arrivals: must NOT have fewer than 1 items',
  ])
  expect(problemsOf('[1]')).toEqual(['must be a map'])
  expect(problemsOf('a: 1\na: 2\nb: 1\nb: 2')).toEqual([
    expect.stringMatching(/^Map keys must be unique at line 2/),
    expect.stringMatching(/^Map keys must be unique at line 4/),
  ])
  expect(problemsOf('variants: [1]')).toEqual(['variants: must be a map of names to what each of them changes'])
  expect(problemsWith({ arrivals: [stream({ durationSeconds: { lognormal: 3 } })] })).toEqual([
    expect.stringMatching(/^arrivals\.jobs\.durationSeconds: must be a number, or a map with one of uniform/),
  ])
  expect(problemsWith({ hosts: { 'a b': { vcpus: 1, memoryMib: 1 }, h: [] } })).toEqual([
    'hosts.a b: must be a name of at most 128 letters, digits, - and _',
    'hosts.h: must be object',
  ])
})

test.each([
  [{ vcpus: { uniform: [4, 1] } }, 'vcpus: uniform goes from 4 down to 1'],
  [{ durationSeconds: { exponential: 5, min: 9, max: 8 } }, 'durationSeconds: min, 9, is above max, 8'],
  [{ vcpus: { choose: { 1: 1, 1.5: 1 } } }, /^vcpus: must be a whole number of at least 1 .*, not 1.5$/],
  [{ gpus: 0.5 }, 'gpus: must be a whole number of at least 0, not 0.5'],
  [{ arraySize: 0 }, 'arraySize: must be a whole number of at least 1, not 0'],
  [{ memoryMib: 3 }, 'memoryMib: must be a whole number of at least 4, not 3'],
  [{ tags: { 'openbatch:maxConcurrent': '0' } }, /^tags: The tag openbatch:maxConcurrent must be a whole number/],
  [
    { tags: { 'openbatch:maxconcurrent': '1' } },
    /^tags\.openbatch:maxconcurrent: openbatch reads no such tag here, but/,
  ],
])('a stream with %o is wrong', (change, text) => {
  const [problem, ...more] = problemsWith({ arrivals: [stream(change)] })
  expect(more).toEqual([])
  expect(problem!.replace(/^arrivals\.jobs\./, '')).toEqual(
    typeof text === 'string' ? text : expect.stringMatching(text),
  )
})

test('what a server would refuse is reported in its words, with the place', () => {
  expect(
    problemsWith({
      computeEnvironments: { ce: {}, f: { type: 'FARGATE' }, t: { tags: { 'openbatch:driver': 'x', 'aws:x': '' } } },
      schedulingPolicies: { p: { computeReservation: 100 }, q: { shareDistribution: { 'a b': 1 } } },
      jobQueues: {
        q: { computeEnvironments: ['ce'], priority: 2000 },
        mixed: { computeEnvironments: ['ce', 'f'] },
        twice: { computeEnvironments: ['ce', 'ce'] },
      },
      arrivals: [stream(), stream({ name: 'fargate', jobQueue: 'q', vcpus: 1 })],
    }),
  ).toEqual([
    'schedulingPolicies.p: Compute reservation should be between 0 and 99.',
    'schedulingPolicies.q: ShareIdentifier name should match a valid pattern.',
    'computeEnvironments.t.tags.openbatch:driver: openbatch reads no such tag here',
    'computeEnvironments.t: Tag keys beginning with aws: are reserved for AWS: aws:x',
    'jobQueues.q: Job Queue priority must be between 0 and 1000, got 2000.',
    expect.stringMatching(/^jobQueues\.mixed: .*[Ff]argate/i),
    'jobQueues.twice: Duplicate ComputeEnvironment values.',
  ])
})

test('a problem names the variant that causes it, and one that all variants have is reported once', () => {
  const change = {
    prices: { spot: 1 },
    variants: {
      plain: {},
      'fair, weighted': { rule: { backfill: true }, jobQueues: { q: { schedulingPolicy: 'p' } } },
      fast: { hosts: { h: null, g: { vcpus: 0, memoryMib: 1 } }, rules: { backfill: null } },
      wrong: [1],
    },
  }
  expect(problemsWith(change)).toEqual([
    'prices.spot: there is no such member; there are onDemandVcpuHour, spotVcpuHour',
    expect.stringMatching(/^variants\."fair, weighted"\.rule: there is no such member/),
    'variants."fair, weighted".jobQueues.q.schedulingPolicy: there is no scheduling policy p',
    'variants."fair, weighted".arrivals.jobs.shareIdentifier: is required, as job queue q has a scheduling policy',
    'variants.fast.rules.backfill: is not there, and cannot be taken away',
    'variants.fast.hosts.g.vcpus: must be > 0',
    'variants.wrong: must be a map of what it changes',
  ])
})
