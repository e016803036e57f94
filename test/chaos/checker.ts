/**
 * Compares what the server says about its jobs with what the jobs themselves wrote down, and both
 * with what was submitted. It trusts nobody and asks nothing: all its input is given to it.
 */
import { checkConsumables } from './check-consumables.ts'
import { checkJob } from './check-job.ts'
import { checkLinks } from './check-links.ts'
import type { Run } from './evidence.ts'
import type { Expected, ResourceName, Takes } from './workload.ts'

export interface Acknowledged {
  readonly jobId: string
  readonly jobName: string
  readonly expected: Expected
  /** Whole jobs or children, or the arrays that it is paired with. */
  readonly needs?: readonly { readonly jobId: string; readonly type?: 'N_TO_N' }[]
  readonly isSequential?: boolean
  /** What each of its attempts uses. */
  readonly takes?: Takes
}

/** What DescribeJobs shows about a container of an attempt. */
export interface PartView {
  readonly exitCode?: number | undefined
  readonly logStreamName?: string | undefined
}

export interface AttemptView {
  /** The exit code of the attempt itself, if it has several containers. */
  readonly exitCode?: number | undefined
  readonly statusReason?: string | undefined
  readonly startedAt?: number | undefined
  readonly stoppedAt?: number | undefined
  /** By `n0c1`; a single container has the empty name. */
  readonly parts: ReadonlyMap<string, PartView>
}

/** A job as DescribeJobs shows it. */
export interface JobView {
  readonly jobId: string
  readonly status: string
  readonly statusReason?: string | undefined
  readonly attempts: readonly AttemptView[]
  readonly stoppedAt?: number | undefined
  readonly statusSummary?: Readonly<Record<string, number>> | undefined
}

export interface ConsumableView {
  readonly name: ResourceName
  readonly totalQuantity: number
  readonly inUseQuantity: number
}

export interface Observed {
  /** Submissions that were answered. */
  readonly acknowledged: readonly Acknowledged[]
  /** Everything that ListJobs returns for the queue. */
  readonly listed: readonly { readonly jobId: string; readonly jobName: string }[]
  /** Jobs and children of arrays, by id. */
  readonly jobs: ReadonlyMap<string, JobView>
  readonly runs: readonly Run[]
  /** Messages by log stream. */
  readonly logs: ReadonlyMap<string, readonly string[]>
  readonly consumables: readonly ConsumableView[]
  /** What the drivers still hold. */
  readonly leftovers: readonly string[]
}

export interface Violation {
  readonly rule: string
  readonly jobId: string
  readonly jobName: string
  readonly what: string
}

export type Complain = (rule: string, what: string) => void

/** The subject of an attempt: a job of its own, or a child. */
export interface Unit {
  readonly jobId: string
  readonly of: Acknowledged
  readonly index?: number
  readonly expected: Expected
}

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
  const units = observed.acknowledged.flatMap(unitsOf)
  for (const one of observed.acknowledged) {
    const job = observed.jobs.get(one.jobId)
    if (!job) complainOf(one.jobId)('job lost', 'it was acknowledged, and DescribeJobs does not know it')
    else if (one.expected.children !== undefined) checkParent(job, one.expected, observed.jobs, complainOf(one.jobId))
  }
  for (const { jobId, of, expected } of units) {
    const job = observed.jobs.get(jobId)
    const evidence = { runs: runsOf.get(jobId) ?? [], logs: observed.logs }
    if (job) checkJob(job, expected, evidence, complainOf(jobId))
    else if (jobId !== of.jobId && observed.jobs.has(of.jobId))
      complainOf(jobId)('job lost', 'DescribeJobs does not know this child')
  }
  const known = new Set(units.map((unit) => unit.jobId))
  for (const jobId of runsOf.keys())
    if (!known.has(jobId)) complainOf(jobId)('unknown run', 'something ran for a job that was never acknowledged')
  checkLinks(observed, units, runsOf, complainOf)
  checkConsumables(observed, units, runsOf, complainOf(''))
  return found
}

function unitsOf(of: Acknowledged): Unit[] {
  const { jobId, expected } = of
  if (expected.children === undefined) return [{ jobId, of, expected }]
  return Array.from({ length: expected.children }, (_, index) => ({
    ...{ jobId: `${jobId}:${index}`, of, index },
    expected: { ...expected, ...expected.ofChild?.(index) },
  }))
}

/** There is one job for each submission, and no other. */
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
