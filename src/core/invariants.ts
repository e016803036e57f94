/**
 * What holds in every state, computed again from nothing but the jobs: the figures `evolve` keeps beside them must agree. Tests
 * ask after every step; a server does not, since it costs a walk over everything.
 */
import { isTerminal, type Job, jobStatuses, liveAttempt, parseChildId } from '../model/job.ts'
import { noResources, plus, type Resources } from '../model/resources.ts'
import { nextChild, type State } from './state.ts'

/** One sentence for each that is broken. */
export function brokenInvariants(state: State): string[] {
  return [...bookings(state), ...liveCounts(state), ...waitingSets(state), ...arrays(state), ...names(state)]
}

function* bookings(state: State): Generator<string> {
  const ofEnvironments = new Map<string, Resources>()
  const ofHosts = new Map<string, Resources>()
  const add = (sums: Map<string, Resources>, key: string, amount: Resources) =>
    sums.set(key, plus(sums.get(key) ?? noResources, amount))
  for (const job of state.jobs.values()) {
    const attempt = liveAttempt(job)
    if (!attempt) continue
    add(ofEnvironments, attempt.computeEnvironment, job.spec.resources)
    add(ofHosts, `${attempt.driver} ${attempt.hostName}`, job.spec.resources)
  }
  const kept = new Map<string, Resources>()
  for (const driver of state.drivers.values())
    for (const [hostName, taken] of driver.taken) kept.set(`${driver.name} ${hostName}`, taken)
  yield* differences('compute environment', ofEnvironments, state.taken)
  yield* differences('host', ofHosts, kept)
}

function* differences(what: string, sums: Map<string, Resources>, kept: Map<string, Resources>): Generator<string> {
  for (const key of new Set([...sums.keys(), ...kept.keys()])) {
    const sum = sums.get(key) ?? noResources
    const figure = kept.get(key) ?? noResources
    if (sum.vcpus !== figure.vcpus || sum.memoryMib !== figure.memoryMib || sum.gpus !== figure.gpus)
      yield `${what} ${key}: live attempts take ${JSON.stringify(sum)}, booked are ${JSON.stringify(figure)}`
  }
}

function* liveCounts(state: State): Generator<string> {
  const counts = new Map<string, number>()
  for (const { spec } of state.jobs.values()) counts.set(spec.jobQueue, (counts.get(spec.jobQueue) ?? 0) + 1)
  for (const queue of new Set([...counts.keys(), ...state.liveJobs.keys()]))
    if ((counts.get(queue) ?? 0) !== (state.liveJobs.get(queue) ?? 0))
      yield `queue ${queue}: ${counts.get(queue) ?? 0} live jobs, ${state.liveJobs.get(queue) ?? 0} counted`
}

function* waitingSets(state: State): Generator<string> {
  const seen = new Set<string>()
  for (const [queue, { retried, fresh, parked }] of state.waiting) {
    for (const [set, ids] of Object.entries({ retried, fresh, parked })) {
      for (const jobId of ids) {
        const job = state.jobs.get(jobId)
        if (seen.has(jobId)) yield `${jobId} waits twice`
        seen.add(jobId)
        if (!job || !waits(job)) yield `${jobId} stands in ${set} of ${queue}, and does not wait`
        else if (job.spec.jobQueue !== queue) yield `${jobId} waits in ${queue}, and belongs to ${job.spec.jobQueue}`
        else if (set !== 'parked' && (set === 'retried') !== job.attempts.length > 0)
          yield `${jobId} stands in ${set} with ${job.attempts.length} attempts behind it`
      }
    }
  }
  for (const job of state.jobs.values())
    if (waits(job) && !seen.has(job.jobId)) yield `${job.jobId} waits, and stands in no queue`
}

function waits(job: Job): boolean {
  if (job.state.status === 'RUNNABLE') return true
  return job.state.status === 'PENDING' && nextChild(job.state.children) !== undefined
}

function* arrays(state: State): Generator<string> {
  for (const job of state.jobs.values()) {
    if (isTerminal(job.state.status)) yield `${job.jobId} is ${job.state.status}, and among the live jobs`
    const child = parseChildId(job.jobId)
    const parent = child && state.jobs.get(child.parentId)
    if (child && (parent?.state.status !== 'PENDING' || parent.spec !== job.spec))
      yield `${job.jobId} lives without its parent, or with a spec of its own`
    if (job.state.status !== 'PENDING') continue
    const { statuses, counts, nextIndex } = job.state.children
    const counted = jobStatuses.map(() => 0)
    for (const [index, code] of statuses.entries()) {
      counted[code]!++
      const status = jobStatuses[code]!
      const record = state.jobs.get(`${job.jobId}:${index}`)
      if (record ? record.state.status !== status : !isTerminal(status) && status !== 'RUNNABLE')
        yield `${job.jobId}:${index} is ${record?.state.status ?? 'not live'}, its parent says ${status}`
      if (!record && status === 'RUNNABLE' && index < nextIndex) yield `${job.jobId}:${index} will never start`
      if (record && index >= nextIndex) yield `${job.jobId}:${index} lives, and would be started again`
    }
    if (String(counted) !== String(counts)) yield `${job.jobId}: the children are ${counted}, counted as ${counts}`
    if (counts[jobStatuses.indexOf('SUCCEEDED')]! + counts[jobStatuses.indexOf('FAILED')]! === statuses.length)
      yield `${job.jobId} goes on though all its children ended`
  }
}

function* names(state: State): Generator<string> {
  const attempts = new Set<string>()
  const seqs = new Set<number>()
  for (const [jobId, job] of state.jobs) {
    const name = liveAttempt(job)?.name
    if (job.jobId !== jobId) yield `${job.jobId} is filed as ${jobId}`
    if (name !== undefined && attempts.has(name)) yield `two attempts are named ${name}`
    if (seqs.has(job.seq) || job.seq >= state.nextSeq) yield `${jobId} has seq ${job.seq}, which is not its own`
    if (name !== undefined) attempts.add(name)
    seqs.add(job.seq)
  }
}
