/**
 * The checker reports every fault that it exists for, and nothing else. It is fed with doctored
 * evidence.
 */
import { expect, test } from 'vitest'
import { type Acknowledged, type JobView, type Observed, type PartView, violationsIn } from './checker.ts'
import { cannotStart, dependencyFailed, fails, stopped, succeeds, toItsEnd } from './endings.ts'
import { parseEvidence, type Run } from './evidence.ts'
import { type Expected, resources } from './workload.ts'

const lines = ['line 1', 'line 2', 'line 3']
const twice = fails({ '': toItsEnd(lines, 7) }, 2)
const array: Expected = { ...twice, children: 2 }
const link = succeeds(lines)
const links: Expected = { ...link, children: 2 }
const task: Expected = succeeds({
  n0c0: stopped(lines),
  n0c1: toItsEnd(lines),
  n0c2: { ...toItsEnd(lines), after: ['n0c1'] },
})
const nodes: Expected = { ...succeeds({ n0c0: toItsEnd(lines), n1c0: stopped(lines) }), mainPart: 'n0c0' }
const exited = 'Essential container in task exited'

/** The exit code of each part. */
type Exits = Record<string, number | undefined>

function view(jobId: string, attempts: readonly Exits[], more: Partial<JobView> = {}): JobView {
  return {
    ...{ jobId, status: 'FAILED', statusReason: exited },
    attempts: attempts.map((exits, index) => ({
      exitCode: exits.n0c0,
      parts: new Map(
        Object.entries(exits).map(([part, exitCode]): [string, PartView] => [
          part,
          { exitCode, logStreamName: `${jobId}/${index + 1}${part}` },
        ]),
      ),
    })),
    ...more,
  }
}

const ended = (jobId: string) => view(jobId, [{ '': 7 }, { '': 7 }])
const succeeded = (jobId: string) => view(jobId, [{ '': 0 }], { status: 'SUCCEEDED', stoppedAt: 1000 })
const failedLink = (jobId: string) => view(jobId, [], { statusReason: 'Dependent Job failed' })
const parent = (jobId: string, more: Partial<JobView>): JobView => view(jobId, [], more)

function run(jobId: string, start: number, end: number, more: Partial<Run> = {}): Run {
  return { jobId, attempt: 1, part: '', nonce: `${jobId}-${start}`, start, end, exitCode: 0, ...more }
}
const runs = (jobId: string, at: number): Run[] => [
  run(jobId, at, at + 10, { exitCode: 7 }),
  run(jobId, at + 10, at + 20, { attempt: 2, exitCode: 7 }),
]

interface Doctored {
  jobs: Map<string, JobView>
  logs: Map<string, string[]>
  runs: Run[]
  listed: { jobId: string; jobName: string }[]
  consumables: Observed['consumables'][number][]
  leftovers: string[]
  acknowledged: Acknowledged[]
}

const submissions: Acknowledged[] = [
  { jobId: 'a', jobName: 'one', expected: twice, takes: { token: 3 } },
  { jobId: 'b', jobName: 'many', expected: array },
  // c, then the pairs d and e, then f; g waits for a job that failed.
  { jobId: 'c', jobName: 'first', expected: link },
  { jobId: 'd', jobName: 'left', expected: links, needs: [{ jobId: 'c' }], takes: { licence: 6 } },
  { jobId: 'e', jobName: 'right', expected: links, needs: [{ jobId: 'd', type: 'N_TO_N' }] },
  { jobId: 'f', jobName: 'sequence', expected: links, needs: [{ jobId: 'e:1' }], isSequential: true },
  { jobId: 'g', jobName: 'in vain', expected: dependencyFailed, needs: [{ jobId: 'a' }, { jobId: 'c' }] },
  { jobId: 't', jobName: 'task', expected: task },
  { jobId: 'n', jobName: 'nodes', expected: nodes },
  { jobId: 'u', jobName: 'unstartable', expected: cannotStart(1), takes: { token: 1 } },
]

function faultless(): Doctored {
  const all = { status: 'SUCCEEDED', statusSummary: { SUCCEEDED: 2 }, stoppedAt: 1000 }
  const views = [
    ...['a', 'b:0', 'b:1'].map(ended),
    parent('b', { statusReason: 'Array Child Job failed', statusSummary: { FAILED: 2, RUNNING: 0 } }),
    ...['c', 'd:0', 'd:1', 'e:0', 'e:1', 'f:0', 'f:1'].map(succeeded),
    ...['d', 'e', 'f'].map((jobId) => parent(jobId, all)),
    failedLink('g'),
    view('t', [{ n0c0: 143, n0c1: 0, n0c2: 0 }], { status: 'SUCCEEDED' }),
    view('n', [{ n0c0: 0, n1c0: 137 }], { status: 'SUCCEEDED' }),
    view('u', [{ '': undefined }], { statusReason: 'Task failed to start' }),
  ]
  return {
    acknowledged: [...submissions],
    listed: submissions.map(({ jobId, jobName }) => ({ jobId, jobName })),
    jobs: new Map(views.map((it) => [it.jobId, it])),
    runs: [
      ...[...runs('a', 0), ...runs('b:0', 5), ...runs('b:1', 10)],
      ...[run('c', 0, 10), run('d:0', 10, 20), run('d:1', 20, 30), run('e:0', 20, 40), run('e:1', 30, 40)],
      ...[run('f:0', 40, 50), run('f:1', 50, 60)],
      run('t', 0, 50, { part: 'n0c0', exitCode: 143 }),
      ...[run('t', 5, 10, { part: 'n0c1' }), run('t', 10, 40, { part: 'n0c2' })],
      // The second node was killed before it could record its end.
      ...[run('n', 0, 30, { part: 'n0c0' }), without(run('n', 5, 0, { part: 'n1c0' }))],
    ],
    logs: new Map(
      views.flatMap((it) =>
        it.attempts.flatMap(({ parts }) =>
          [...parts.values()].flatMap(({ logStreamName }) =>
            it.jobId === 'u' ? [] : [[logStreamName!, [...lines]] as const],
          ),
        ),
      ),
    ),
    consumables: [
      { name: 'licence', totalQuantity: resources.licence.totalQuantity, inUseQuantity: 0 },
      { name: 'token', totalQuantity: resources.token.totalQuantity - 7, inUseQuantity: 0 },
    ],
    leftovers: [],
  }
}

test('correct evidence is not reported', () => {
  expect(violationsIn(faultless())).toEqual([])
})

const faults: [name: string, doctor: (observed: Doctored) => void, complaints: [rule: string, jobId: string][]][] = [
  [
    'a job that is gone',
    (it) => it.jobs.delete('c'),
    [['job lost', 'c'], ...['d:0', 'd:1'].map((id): [string, string] => ['began too early', id])],
  ],
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
  ['an attempt that ran twice', (it) => it.runs.push(run('a', 2, 3, { exitCode: 7 })), [['ran twice', 'a']]],
  [
    'a container of an attempt that ran twice',
    (it) => it.runs.push(run('t', 12, 13, { part: 'n0c1' })),
    [['ran twice', 't']],
  ],
  [
    'a node that ran twice',
    (it) => it.runs.push(run('n', 12, 13, { part: 'n1c0', exitCode: 137 })),
    [['ran twice', 'n']],
  ],
  ['attempts at the same time', (it) => change(it, 'a', { end: 11 }), [['overlap', 'a']]],
  [
    'an attempt that begins while one of unknown end may run',
    (it) => it.runs.splice(0, 1, without(run('a', 0, 0))),
    [
      ['cut off', 'a'],
      ['overlap', 'a'],
    ],
  ],
  ['an attempt that left no evidence', (it) => it.runs.splice(1, 1), [['never ran', 'a']]],
  [
    'a container that left no evidence',
    (it) =>
      it.runs.splice(
        it.runs.findIndex(({ part }) => part === 'n0c2'),
        1,
      ),
    [['never ran', 't']],
  ],
  ['an attempt nobody tells of', (it) => it.runs.push(run('a', 30, 31, { attempt: 3 })), [['unknown run', 'a']]],
  ['a container nobody knows', (it) => it.runs.push(run('t', 30, 31, { part: 'n0c3' })), [['unknown run', 't']]],
  ['what could not start, and ran', (it) => it.runs.push(without(run('u', 30, 31))), [['unknown run', 'u']]],
  ['a run of nobody', (it) => it.runs.push(run('x', 0, 1)), [['unknown run', 'x']]],
  ['a container that did not wait for another', (it) => change(it, 't', { start: 9 }, 'n0c2'), [['out of order', 't']]],
  ['another exit code than the run gave', (it) => change(it, 'a', { exitCode: 8 }), [['wrong exit code', 'a']]],
  [
    'an exit code that was not to be',
    (it) => it.jobs.set('a', view('a', [{ '': 7 }, { '': undefined }])),
    [
      ['wrong exit code', 'a'],
      ['wrong exit code', 'a'],
    ],
  ],
  [
    'another exit code than that of the main node',
    (it) => it.jobs.set('n', { ...it.jobs.get('n')!, attempts: [{ ...it.jobs.get('n')!.attempts[0]!, exitCode: 9 }] }),
    [['wrong exit code', 'n']],
  ],
  [
    'too many attempts',
    (it) => it.jobs.set('a', view('a', [{ '': 7 }, { '': 7 }, { '': 7 }])),
    [
      ['wrong attempts', 'a'],
      ['log broken', 'a'],
      ['never ran', 'a'],
      ['wrong quantity', ''],
    ],
  ],
  [
    'too few attempts',
    (it) => it.jobs.set('a', view('a', [{ '': 7 }])),
    [
      ['wrong attempts', 'a'],
      ['unknown run', 'a'],
      ['wrong quantity', ''],
    ],
  ],
  [
    'a job that goes on',
    (it) => it.jobs.set('b:0', { ...ended('b:0'), status: 'RUNNING' }),
    [
      ['wrong summary', 'b'],
      ['not ended', 'b:0'],
    ],
  ],
  ['a wrong end', (it) => it.jobs.set('t', { ...it.jobs.get('t')!, status: 'FAILED' }), [['wrong end', 't']]],
  ['a wrong reason', (it) => it.jobs.set('a', { ...ended('a'), statusReason: 'so' }), [['wrong reason', 'a']]],
  [
    'a wrong summary',
    (it) => it.jobs.set('b', { ...it.jobs.get('b')!, statusSummary: { FAILED: 1 } }),
    [['wrong summary', 'b']],
  ],
  ['a last line missing', (it) => it.logs.get('a/1')!.pop(), [['log broken', 'a']]],
  ['a line missing between', (it) => it.logs.get('a/1')!.splice(1, 1), [['log broken', 'a']]],
  ['a line twice', (it) => it.logs.get('a/2')!.splice(1, 0, 'line 1'), [['log broken', 'a']]],
  ['a line of a container twice', (it) => it.logs.get('t/1n0c0')!.push('line 3'), [['log broken', 't']]],
  ['a last line of a container missing', (it) => it.logs.get('t/1n0c2')!.pop(), [['log broken', 't']]],
  ['a last line of a node missing', (it) => it.logs.get('n/1n0c0')!.pop(), [['log broken', 'n']]],
  ['lines out of order', (it) => it.logs.get('a/2')!.reverse(), [['log broken', 'a']]],
  ['a line too many', (it) => it.logs.get('b:1/2')!.push('line 3'), [['log broken', 'b:1']]],
  ['a log that is not there', (it) => it.logs.delete('a/1'), [['log broken', 'a']]],
  ['a container left', (it) => it.leftovers.push('a container'), [['left behind', '']]],
  ['a job that did not wait for another', (it) => change(it, 'd:0', { start: 9 }), [['began too early', 'd:0']]],
  ['a child that did not wait for its pair', (it) => change(it, 'e:1', { start: 29 }), [['began too early', 'e:1']]],
  ['a child that did not wait for one child', (it) => change(it, 'f:0', { start: 39 }), [['began too early', 'f:0']]],
  ['a child that did not wait for the last', (it) => change(it, 'f:1', { start: 49 }), [['began too early', 'f:1']]],
  [
    'a start before what it needs had stopped, as DescribeJobs tells it',
    (it) => {
      const [attempt] = it.jobs.get('e:1')!.attempts
      it.jobs.set('e:1', { ...it.jobs.get('e:1')!, attempts: [{ ...attempt!, startedAt: 999 }] })
    },
    [['began too early', 'e:1']],
  ],
  [
    'a job that ran though what it needs failed',
    (it) => {
      it.runs.push(run('g', 100, 110))
      it.jobs.set('g', succeeded('g'))
      it.acknowledged = it.acknowledged.map((one) => (one.jobId === 'g' ? { ...one, expected: link } : one))
      it.logs.set('g/1', [...lines])
    },
    [
      ['failure ignored', 'g'],
      ['began too early', 'g'],
    ],
  ],
  [
    'a job that failed for nothing',
    (it) => {
      it.acknowledged = it.acknowledged.map((one) => (one.jobId === 'g' ? { ...one, needs: [{ jobId: 'c' }] } : one))
    },
    [['failed for nothing', 'g']],
  ],
  ['more held than there is', (it) => change(it, 'd:1', { start: 19 }), [['given twice', '']]],
  [
    'what was not given back',
    (it) => it.consumables.splice(0, 1, { ...it.consumables[0]!, inUseQuantity: 1 }),
    [['not given back', '']],
  ],
  [
    'what was not used up',
    (it) => it.consumables.splice(1, 1, { ...it.consumables[1]!, totalQuantity: 1_000_000 }),
    [['wrong quantity', '']],
  ],
]

test.each(faults)('it reports %s', (_, doctor, complaints) => {
  const observed = faultless()
  doctor(observed)
  expect(violationsIn(observed).map(({ rule, jobId }) => [rule, jobId])).toEqual(complaints)
})

test('the log of a stopped job may end early, but has no gap', () => {
  const observed = faultless()
  observed.logs.get('t/1n0c0')!.pop()
  expect(violationsIn(observed)).toEqual([])
  observed.logs.get('t/1n0c0')!.shift()
  expect(violationsIn(observed).map(({ rule }) => rule)).toEqual(['log broken'])
})

test('evidence of both forms is read, and one run recorded twice is one run', () => {
  const shell = [
    '{"jobId":"a#1","attempt":1,"part":"n1c0","nonce":"n","event":"start","exitCode":null}',
    '{"jobId":"b","attempt":1,"part":"","nonce":"m","event":"start","exitCode":null}',
    '{"jobId":"a#1","attempt":1,"part":"n1c0","nonce":"n","event":"end","exitCode":4}',
    '',
  ]
  expect(parseEvidence(shell.join('\n'))).toEqual([
    { jobId: 'a', attempt: 1, part: 'n1c0', nonce: 'n', start: 0, end: 2, exitCode: 4 },
    { jobId: 'b', attempt: 1, part: '', nonce: 'm', start: 1 },
  ])
  const told = (name: string) => `{"name":"${name}","jobId":"a","attempt":1,"nonce":"n","startedAt":5,"endedAt":6}\n`
  const run = { jobId: 'a', attempt: 1, nonce: 'n', start: 5, end: 6 }
  expect(parseEvidence(told('openbatch-a-1') + told('openbatch-a-1'))).toEqual([{ ...run, part: '' }])
  expect(parseEvidence(told('openbatch-a-1.n0c2'))).toEqual([{ ...run, part: 'n0c2' }])
  expect(() => parseEvidence('{"jobId":')).toThrow(SyntaxError)
})

/** Changes the first run of the job, or of this part of it. */
function change({ runs: list }: Doctored, jobId: string, by: Partial<Run>, part = ''): void {
  const index = list.findIndex((one) => one.jobId === jobId && one.part === part)
  list[index] = { ...list[index]!, ...by }
}

/** The run of a killed job: no end is recorded. */
function without({ end: _, exitCode: __, ...rest }: Run): Run {
  return rest
}
