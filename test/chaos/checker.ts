/**
 * Holds what the server says of its jobs against what the jobs themselves wrote down, and both against what was
 * submitted. It trusts nobody and asks nothing: all it needs is given to it.
 */
import type { Run } from './evidence.ts'
import type { Expected } from './workload.ts'

export interface Acknowledged {
  readonly jobId: string
  readonly jobName: string
  readonly expected: Expected
}

export interface AttemptView {
  readonly exitCode?: number | undefined
  readonly statusReason?: string | undefined
  readonly logStreamName?: string | undefined
  readonly startedAt?: number | undefined
  readonly stoppedAt?: number | undefined
}

/** A job as DescribeJobs shows it. */
export interface JobView {
  readonly jobId: string
  readonly status: string
  readonly statusReason?: string | undefined
  readonly attempts: readonly AttemptView[]
  readonly statusSummary?: Readonly<Record<string, number>> | undefined
}

export interface Observed {
  /** Submissions that were answered. */
  readonly acknowledged: readonly Acknowledged[]
  /** Everything ListJobs tells of the queue. */
  readonly listed: readonly { readonly jobId: string; readonly jobName: string }[]
  /** Jobs and children of arrays, by id. */
  readonly jobs: ReadonlyMap<string, JobView>
  readonly runs: readonly Run[]
  /** Messages by log stream. */
  readonly logs: ReadonlyMap<string, readonly string[]>
  /** What the drivers still hold. */
  readonly leftovers: readonly string[]
}

export interface Violation {
  readonly rule: string
  readonly jobId: string
  readonly jobName: string
  readonly what: string
}

type Complain = (rule: string, what: string) => void

export function violationsIn(observed: Observed): Violation[] {
  const found: Violation[] = []
  const names = new Map(observed.acknowledged.map(({ jobId, jobName }) => [jobId, jobName]))
  const complainOf = (jobId: string): Complain => {
    const jobName = names.get(jobId.split(':')[0]!) ?? 'nobody’s'
    return (rule, what) => found.push({ rule, jobId, jobName, what })
  }
  checkNames(observed, complainOf)
  for (const what of observed.leftovers) complainOf('')('left behind', what)
  const runsOf = Map.groupBy(observed.runs, (run) => run.jobId)
  const known = new Set<string>()
  for (const { jobId, expected } of observed.acknowledged) {
    known.add(jobId)
    const complain = complainOf(jobId)
    const job = observed.jobs.get(jobId)
    if (!job) {
      complain('job lost', 'it was acknowledged, and DescribeJobs does not know it')
      continue
    }
    if (expected.children === undefined) {
      checkJob(job, expected, undefined, { runs: runsOf.get(jobId) ?? [], logs: observed.logs }, complain)
      continue
    }
    checkParent(job, expected, observed.jobs, complain)
    for (let index = 0; index < expected.children; index++) {
      const childId = `${jobId}:${index}`
      known.add(childId)
      const child = observed.jobs.get(childId)
      const evidence = { runs: runsOf.get(childId) ?? [], logs: observed.logs }
      if (child) checkJob(child, expected, index, evidence, complainOf(childId))
      else complainOf(childId)('job lost', 'DescribeJobs does not know this child')
    }
  }
  for (const jobId of runsOf.keys())
    if (!known.has(jobId)) complainOf(jobId)('unknown run', 'something ran for a job that was never acknowledged')
  return found
}

/** One job for each submission, and none besides. */
function checkNames({ acknowledged, listed }: Observed, complainOf: (jobId: string) => Complain): void {
  const wanted = new Map(acknowledged.map(({ jobName, jobId }) => [jobName, jobId]))
  for (const [jobName, jobs] of Map.groupBy(listed, (job) => job.jobName)) {
    const complain = complainOf(jobs[0]!.jobId)
    if (!wanted.has(jobName)) complain('unknown job', `${jobName} is listed, and was never acknowledged`)
    if (jobs.length > 1) complain('submitted twice', `${jobName} is ${jobs.length} jobs`)
  }
  const there = new Set(listed.map((job) => job.jobId))
  for (const { jobId, jobName } of acknowledged)
    if (!there.has(jobId)) complainOf(jobId)('job lost', `${jobName} was acknowledged, and ListJobs does not list it`)
}

function checkParent(
  parent: JobView,
  { status, parentReason, children = 0 }: Expected,
  jobs: ReadonlyMap<string, JobView>,
  complain: Complain,
): void {
  if (parent.status !== status) complain('wrong end', `the array is ${parent.status}, not ${status}`)
  if (!parentReason?.test(parent.statusReason ?? '')) complain('wrong reason', `the array says: ${parent.statusReason}`)
  const counted: Record<string, number> = {}
  for (let index = 0; index < children; index++) {
    const child = jobs.get(`${parent.jobId}:${index}`)
    if (child) counted[child.status] = (counted[child.status] ?? 0) + 1
  }
  const said = Object.fromEntries(Object.entries(parent.statusSummary ?? {}).filter(([, count]) => count !== 0))
  const text = (counts: Record<string, number>) => JSON.stringify(Object.entries(counts).sort())
  if (text(said) !== text(counted))
    complain('wrong summary', `it says ${text(said)}; its children are ${text(counted)}`)
}

function checkJob(
  job: JobView,
  expected: Expected,
  arrayIndex: number | undefined,
  evidence: Pick<Observed, 'runs' | 'logs'>,
  complain: Complain,
): void {
  if (job.status !== 'SUCCEEDED' && job.status !== 'FAILED') complain('not ended', `it is still ${job.status}`)
  else if (job.status !== expected.status) complain('wrong end', `${job.status}, not ${expected.status}`)
  if (!expected.reason.test(job.statusReason ?? '')) complain('wrong reason', `it says: ${job.statusReason}`)
  const { least, most } = expected.attempts
  if (job.attempts.length < least || job.attempts.length > most)
    complain('wrong attempts', `${job.attempts.length} attempts, where ${least} to ${most} are right`)
  for (const [index, attempt] of job.attempts.entries()) {
    const may = expected.exitCodes(index + 1)
    if (!may.includes(attempt.exitCode))
      complain('wrong exit code', `attempt ${index + 1}: ${attempt.exitCode}, where ${may.join(' or ')} is right`)
    checkLog(attempt, index + 1, expected, arrayIndex, evidence.logs, complain)
  }
  checkRuns(job, expected, evidence.runs, complain)
}

function checkRuns(job: JobView, expected: Expected, runs: readonly Run[], complain: Complain): void {
  for (const [number, same] of Map.groupBy(runs, (run) => run.attempt)) {
    if (same.length > 1)
      complain('ran twice', `attempt ${number} ran ${same.length} times: ${same.map((run) => run.nonce).join(', ')}`)
    if (number < 1 || number > job.attempts.length)
      complain('unknown run', `attempt ${number} ran; DescribeJobs tells of ${job.attempts.length}`)
  }
  const inOrder = [...runs].sort((a, b) => a.attempt - b.attempt || a.start - b.start)
  for (const [index, run] of inOrder.entries()) {
    const next = inOrder[index + 1]
    if (next && next.attempt > run.attempt && (run.end ?? Number.POSITIVE_INFINITY) > next.start)
      complain('overlap', `attempt ${next.attempt} began before attempt ${run.attempt} had ended`)
    const said = job.attempts[run.attempt - 1]
    if (said && run.exitCode !== undefined && said.exitCode !== run.exitCode)
      complain(
        'wrong exit code',
        `attempt ${run.attempt} ended with ${run.exitCode}; DescribeJobs says ${said.exitCode}`,
      )
    if (expected.runs === 'to its end' && run.end === undefined)
      complain('cut off', `attempt ${run.attempt} did not come to its end`)
  }
  const ran = new Set(runs.map((run) => run.attempt))
  for (const index of job.attempts.keys())
    if (expected.runs === 'to its end' && !ran.has(index + 1))
      complain('never ran', `attempt ${index + 1} is told of, and left no evidence`)
  if (expected.runs === 'none' && runs.length > 0) complain('unknown run', 'it could not start, and ran')
}

function checkLog(
  { logStreamName }: AttemptView,
  number: number,
  expected: Expected,
  arrayIndex: number | undefined,
  logs: Observed['logs'],
  complain: Complain,
): void {
  const wanted = expected.output(arrayIndex)
  const got = logStreamName === undefined ? [] : (logs.get(logStreamName) ?? [])
  const said = (what: string) =>
    complain('log broken', `attempt ${number}, ${got.length} of ${wanted.length} lines: ${what}`)
  const differs = got.findIndex((message, index) => message !== wanted[index])
  if (differs >= 0) {
    const seenBefore = got.indexOf(got[differs]!) < differs
    said(
      `line ${differs + 1} is "${got[differs]}" and not "${wanted[differs] ?? 'the end'}"${seenBefore ? ', a repeat' : ''}`,
    )
  } else if (got.length < wanted.length && expected.runs === 'to its end')
    said(`"${wanted[got.length]}" and what follows is missing`)
}
