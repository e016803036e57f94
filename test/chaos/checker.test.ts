/** The checker complains of everything it is there for, and of nothing else: fed with doctored evidence. */
import { expect, test } from 'vitest'
import { type JobView, type Observed, violationsIn } from './checker.ts'
import { parseEvidence, type Run } from './evidence.ts'
import type { Expected } from './workload.ts'

const twice: Expected = {
  status: 'FAILED',
  reason: /^Essential container in task exited$/,
  attempts: { least: 2, most: 2 },
  exitCodes: () => [7],
  output: () => ['line 1', 'line 2', 'line 3'],
  runs: 'to its end',
}
const array: Expected = { ...twice, children: 2, parentReason: /^Array Child Job failed$/ }

const ended = (jobId: string): JobView => ({
  jobId,
  status: 'FAILED',
  statusReason: 'Essential container in task exited',
  attempts: [1, 2].map((n) => ({ exitCode: 7, logStreamName: `${jobId}/${n}` })),
})
const runs = (jobId: string, at: number): Run[] => [
  { jobId, attempt: 1, nonce: `${jobId}-1`, start: at, end: at + 10, exitCode: 7 },
  { jobId, attempt: 2, nonce: `${jobId}-2`, start: at + 10, end: at + 20, exitCode: 7 },
]
const parent: JobView = {
  ...{ jobId: 'b', status: 'FAILED', statusReason: 'Array Child Job failed', attempts: [] },
  statusSummary: { FAILED: 2, RUNNING: 0 },
}

interface Doctored {
  jobs: Map<string, JobView>
  logs: Map<string, string[]>
  runs: Run[]
  listed: { jobId: string; jobName: string }[]
  leftovers: string[]
  acknowledged: Observed['acknowledged']
}

function faultless(): Doctored {
  const ids = ['a', 'b:0', 'b:1']
  const lines = ['line 1', 'line 2', 'line 3']
  return {
    acknowledged: [
      { jobId: 'a', jobName: 'one', expected: twice },
      { jobId: 'b', jobName: 'many', expected: array },
    ],
    listed: [
      { jobId: 'a', jobName: 'one' },
      { jobId: 'b', jobName: 'many' },
    ],
    jobs: new Map([['b', parent], ...ids.map((id) => [id, ended(id)] as const)]),
    runs: ids.flatMap((id, index) => runs(id, index * 5)),
    logs: new Map(ids.flatMap((id) => [1, 2].map((n) => [`${id}/${n}`, [...lines]] as const))),
    leftovers: [],
  }
}

test('nothing is said of what is right', () => {
  expect(violationsIn(faultless())).toEqual([])
})

const faults: [name: string, doctor: (observed: Doctored) => void, complaints: [rule: string, jobId: string][]][] = [
  ['a job that is gone', (it) => it.jobs.delete('a'), [['job lost', 'a']]],
  [
    'a child that is gone',
    (it) => it.jobs.delete('b:1'),
    [
      ['wrong summary', 'b'],
      ['job lost', 'b:1'],
    ],
  ],
  ['a job no list shows', (it) => it.listed.shift(), [['job lost', 'a']]],
  ['a call that made two jobs', (it) => it.listed.push({ jobId: 'x', jobName: 'one' }), [['submitted twice', 'a']]],
  ['a job nobody was told of', (it) => it.listed.push({ jobId: 'x', jobName: 'x' }), [['unknown job', 'x']]],
  [
    'an attempt that ran twice',
    (it) => it.runs.push({ ...it.runs[0]!, nonce: 'another', start: 2, end: 3 }),
    [['ran twice', 'a']],
  ],
  ['attempts at the same time', (it) => change(it.runs, 0, { end: 11 }), [['overlap', 'a']]],
  [
    'an attempt that begins while one of unknown end may run',
    (it) => it.runs.splice(0, 1, { jobId: 'a', attempt: 1, nonce: 'n', start: 0 }),
    [
      ['overlap', 'a'],
      ['cut off', 'a'],
    ],
  ],
  ['an attempt that left no evidence', (it) => it.runs.splice(1, 1), [['never ran', 'a']]],
  [
    'an attempt nobody tells of',
    (it) => it.runs.push({ ...it.runs[1]!, attempt: 3, nonce: 'n', start: 30 }),
    [['unknown run', 'a']],
  ],
  ['a run of nobody', (it) => it.runs.push({ jobId: 'x', attempt: 1, nonce: 'n', start: 0 }), [['unknown run', 'x']]],
  ['another exit code than the run gave', (it) => change(it.runs, 0, { exitCode: 8 }), [['wrong exit code', 'a']]],
  [
    'an exit code that was not to be',
    (it) => it.jobs.set('a', attempts('a', [7, undefined])),
    [
      ['wrong exit code', 'a'],
      ['wrong exit code', 'a'],
    ],
  ],
  [
    'too many attempts',
    (it) => it.jobs.set('a', attempts('a', [7, 7, 7])),
    [
      ['wrong attempts', 'a'],
      ['log broken', 'a'],
      ['never ran', 'a'],
    ],
  ],
  [
    'too few attempts',
    (it) => it.jobs.set('a', attempts('a', [7])),
    [
      ['wrong attempts', 'a'],
      ['unknown run', 'a'],
    ],
  ],
  ['a job that goes on', (it) => it.jobs.set('a', { ...ended('a'), status: 'RUNNING' }), [['not ended', 'a']]],
  ['a wrong end', (it) => it.jobs.set('a', { ...ended('a'), status: 'SUCCEEDED' }), [['wrong end', 'a']]],
  ['a wrong reason', (it) => it.jobs.set('a', { ...ended('a'), statusReason: 'so' }), [['wrong reason', 'a']]],
  ['a wrong summary', (it) => it.jobs.set('b', { ...parent, statusSummary: { FAILED: 1 } }), [['wrong summary', 'b']]],
  ['a last line missing', (it) => it.logs.get('a/1')!.pop(), [['log broken', 'a']]],
  ['a line missing between', (it) => it.logs.get('a/1')!.splice(1, 1), [['log broken', 'a']]],
  ['a line twice', (it) => it.logs.get('a/2')!.splice(1, 0, 'line 1'), [['log broken', 'a']]],
  ['lines out of order', (it) => it.logs.get('a/2')!.reverse(), [['log broken', 'a']]],
  ['a line too many', (it) => it.logs.get('b:1/2')!.push('line 3'), [['log broken', 'b:1']]],
  ['a log that is not there', (it) => it.logs.delete('a/1'), [['log broken', 'a']]],
  ['a container left', (it) => it.leftovers.push('a container'), [['left behind', '']]],
]

test.each(faults)('it complains of %s', (_, doctor, complaints) => {
  const observed = faultless()
  doctor(observed)
  expect(violationsIn(observed).map(({ rule, jobId }) => [rule, jobId])).toEqual(complaints)
})

test('of a job that was stopped on the way, the log may end early, but has no gap', () => {
  const observed = faultless()
  observed.acknowledged = observed.acknowledged.map((it) => ({ ...it, expected: { ...it.expected, runs: 'prefix' } }))
  observed.logs.get('a/1')!.pop()
  expect(violationsIn(observed)).toEqual([])
  observed.logs.get('a/2')!.shift()
  expect(violationsIn(observed).map(({ rule }) => rule)).toEqual(['log broken'])
})

test('evidence of both forms is read, and one run told twice is one', () => {
  const shell = [
    '{"jobId":"a","attempt":1,"nonce":"n","event":"start","exitCode":null}',
    '{"jobId":"b","attempt":1,"nonce":"m","event":"start","exitCode":null}',
    '{"jobId":"a","attempt":1,"nonce":"n","event":"end","exitCode":4}',
    '',
  ]
  expect(parseEvidence(shell.join('\n'))).toEqual([
    { jobId: 'a', attempt: 1, nonce: 'n', start: 0, end: 2, exitCode: 4 },
    { jobId: 'b', attempt: 1, nonce: 'm', start: 1 },
  ])
  const told = '{"jobId":"a","attempt":1,"nonce":"n","startedAt":5,"endedAt":6}\n'
  expect(parseEvidence(told + told)).toEqual([{ jobId: 'a', attempt: 1, nonce: 'n', start: 5, end: 6 }])
  expect(() => parseEvidence('{"jobId":')).toThrow(SyntaxError)
})

function change(list: Run[], index: number, by: Partial<Run>): void {
  list[index] = { ...list[index]!, ...by }
}

function attempts(jobId: string, exitCodes: (number | undefined)[]): JobView {
  return {
    ...ended(jobId),
    attempts: exitCodes.map((exitCode, index) => ({ exitCode, logStreamName: `${jobId}/${index + 1}` })),
  }
}
