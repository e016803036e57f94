/**
 * One job, or one child of an array: its end, its attempts, and the exit code, run and log of each
 * container of each attempt.
 */
import type { AttemptView, Complain, JobView, Observed, PartView } from './checker.ts'
import type { Run } from './evidence.ts'
import type { Expected, ExpectedPart } from './workload.ts'

interface Evidence {
  readonly runs: readonly Run[]
  readonly logs: Observed['logs']
}

export function checkJob(job: JobView, expected: Expected, { runs, logs }: Evidence, complain: Complain): void {
  if (job.status !== 'SUCCEEDED' && job.status !== 'FAILED') complain('not ended', `it is still ${job.status}`)
  else if (job.status !== expected.status) complain('wrong end', `${job.status}, not ${expected.status}`)
  if (!expected.reason.test(job.statusReason ?? '')) complain('wrong reason', `it says: ${job.statusReason}`)
  const { least, most } = expected.attempts
  if (job.attempts.length < least || job.attempts.length > most)
    complain('wrong attempts', `${job.attempts.length} attempts, where ${least} to ${most} are right`)
  for (const [index, attempt] of job.attempts.entries()) {
    checkMirror(attempt, index + 1, expected, complain)
    for (const [part, expectedPart] of Object.entries(expected.parts))
      checkPart(nameOf(index + 1, part), index + 1, expectedPart, attempt.parts.get(part) ?? {}, logs, complain)
    checkOrder(index + 1, expected, runs, complain)
  }
  checkRuns(job, expected, runs, complain)
  checkOverlap(expected, runs, complain)
}

function nameOf(attempt: number, part: string): string {
  return part === '' ? `attempt ${attempt}` : `attempt ${attempt}, ${part}`
}

/** A multi-node job shows the exit code of its main node. */
function checkMirror(attempt: AttemptView, number: number, { mainPart }: Expected, complain: Complain): void {
  const ofMain = mainPart === undefined ? undefined : attempt.parts.get(mainPart)?.exitCode
  if (mainPart !== undefined && attempt.exitCode !== ofMain)
    complain('wrong exit code', `attempt ${number}: ${attempt.exitCode}, where its main node’s is ${ofMain}`)
}

function checkPart(
  name: string,
  number: number,
  expected: ExpectedPart,
  view: PartView,
  logs: Observed['logs'],
  complain: Complain,
): void {
  const may = expected.exitCodes(number)
  if (!may.includes(view.exitCode))
    complain('wrong exit code', `${name}: ${view.exitCode}, where ${may.join(' or ')} is right`)
  const wanted = expected.output
  const got = view.logStreamName === undefined ? [] : (logs.get(view.logStreamName) ?? [])
  const said = (what: string) => complain('log broken', `${name}, ${got.length} of ${wanted.length} lines: ${what}`)
  const differs = got.findIndex((message, index) => message !== wanted[index])
  if (differs >= 0) {
    const repeat = got.indexOf(got[differs]!) < differs ? ', a repeat' : ''
    said(`line ${differs + 1} is "${got[differs]}" and not "${wanted[differs] ?? 'the end'}"${repeat}`)
  } else if (got.length < wanted.length && expected.runs === 'to its end')
    said(`"${wanted[got.length]}" and what follows is missing`)
}

function checkRuns(job: JobView, expected: Expected, runs: readonly Run[], complain: Complain): void {
  for (const same of Map.groupBy(runs, (run) => `${run.attempt} ${run.part}`).values()) {
    const { attempt, part } = same[0]!
    const name = nameOf(attempt, part)
    const expectedPart = expected.parts[part]
    if (same.length > 1)
      complain('ran twice', `${name} ran ${same.length} times: ${same.map((run) => run.nonce).join(', ')}`)
    if (attempt < 1 || attempt > job.attempts.length)
      complain('unknown run', `${name} ran; DescribeJobs tells of ${job.attempts.length} attempts`)
    if (!expectedPart || expectedPart.runs === 'none') complain('unknown run', `${name} ran, and should not have begun`)
    const said = job.attempts[attempt - 1]?.parts.get(part)
    for (const run of same) {
      if (said && run.exitCode !== undefined && said.exitCode !== run.exitCode)
        complain('wrong exit code', `${name} ended with ${run.exitCode}; DescribeJobs says ${said.exitCode}`)
      if (expectedPart?.runs === 'to its end' && run.end === undefined)
        complain('cut off', `${name} did not come to its end`)
    }
  }
  for (const index of job.attempts.keys())
    for (const [part, { runs: how }] of Object.entries(expected.parts))
      if (how === 'to its end' && !runs.some((run) => run.attempt === index + 1 && run.part === part))
        complain('never ran', `${nameOf(index + 1, part)} is told of, and left no evidence`)
}

/** A container that waits for others of its attempt begins after their end. */
function checkOrder(number: number, expected: Expected, runs: readonly Run[], complain: Complain): void {
  const runOf = (part: string) => runs.find((run) => run.attempt === number && run.part === part)
  for (const [part, { after = [] }] of Object.entries(expected.parts)) {
    const run = runOf(part)
    for (const before of run ? after : [])
      if (endOf(runOf(before)) > run!.start)
        complain('out of order', `${nameOf(number, part)} began before ${before} had ended`)
  }
}

/**
 * No container of an attempt begins while one of an earlier attempt may run. The end of a stopped
 * container is not always recorded.
 */
function checkOverlap(expected: Expected, runs: readonly Run[], complain: Complain): void {
  for (const run of runs) {
    const before = runs.filter(
      (one) =>
        one.attempt < run.attempt &&
        endOf(one) > run.start &&
        (one.end !== undefined || expected.parts[one.part]?.runs === 'to its end'),
    )
    for (const one of before)
      complain('overlap', `${nameOf(run.attempt, run.part)} began before ${nameOf(one.attempt, one.part)} had ended`)
  }
}

function endOf(run: Run | undefined): number {
  return run?.end ?? Number.POSITIVE_INFINITY
}
