/**
 * What holds in every state. Everything is computed again from nothing but the jobs, and must agree
 * with the figures that `evolve` keeps beside them. Tests check after every step. A server does
 * not, because it takes a walk over everything.
 */
import { childStatus, hasRecord } from '../model/array-children.ts'
import { type ArrayChildren, isTerminal, type Job, jobStatuses, liveAttempt, parseChildId } from '../model/job.ts'
import { noResources, plus, type Resources } from '../model/resources.ts'
import { schedulingInvariants } from './scheduler/scheduling-invariants.ts'
import { resourcesOfNode } from './state/bookings.ts'
import { childrenOf } from './state/children.ts'
import { childMayStart, isUnended, pairDependencies, wholeDependencies } from './state/dependencies.ts'
import { bytesOfJob } from './state/held-bytes.ts'
import { lineOf, waitsForPlace } from './state/lines.ts'
import { indexesOf, type State } from './state/state.ts'

/** Returns one sentence for each broken invariant. */
export function brokenInvariants(state: State): string[] {
  return [
    ...bookings(state),
    ...locks(state),
    ...liveCounts(state),
    ...liveBytes(state),
    ...waitingSets(state),
    ...arrays(state),
    ...dependencies(state),
    ...names(state),
    ...schedulingInvariants(state),
  ]
}

function* bookings(state: State): Generator<string> {
  const ofEnvironments = new Map<string, Resources>()
  const ofHosts = new Map<string, Resources>()
  const ofQueues = new Map<string, Resources>()
  const add = (sums: Map<string, Resources>, key: string, amount: Resources) =>
    sums.set(key, plus(sums.get(key) ?? noResources, amount))
  /** By driver: the names of the drivers that share its hosts. */
  const sharing = new Map<string, string>()
  for (const drivers of indexesOf(state).values())
    for (const { name } of drivers) sharing.set(name, String(drivers.map((driver) => driver.name)))
  for (const job of state.jobs.values()) {
    const attempt = liveAttempt(job)
    if (!attempt) continue
    add(ofEnvironments, attempt.computeEnvironment, job.spec.resources)
    add(ofQueues, job.spec.jobQueue, job.spec.resources)
    const names = sharing.get(attempt.driver)
    if (!attempt.nodes) add(ofHosts, `${names} ${attempt.hostName}`, job.spec.resources)
    for (const [node, place] of (attempt.nodes ?? []).entries())
      add(ofHosts, `${names} ${place.hostName}`, resourcesOfNode(job.spec, node))
  }
  const kept = new Map<string, Resources>()
  for (const [index, drivers] of indexesOf(state))
    for (const { host, taken } of index.slots()) kept.set(`${drivers.map(({ name }) => name)} ${host.hostName}`, taken)
  yield* differences('compute environment', ofEnvironments, state.taken)
  yield* differences('job queue', ofQueues, state.takenByQueue)
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

function* liveBytes(state: State): Generator<string> {
  const sums = new Map<string, number>()
  for (const job of state.jobs.values())
    if (!isTerminal(job.state.status)) sums.set(job.spec.owner, (sums.get(job.spec.owner) ?? 0) + bytesOfJob(job))
  const kept = state.liveJobBytes
  for (const owner of new Set([...sums.keys(), ...kept.owners().keys()]))
    if ((sums.get(owner) ?? 0) !== kept.of(owner))
      yield `the live jobs of ${owner} take ${sums.get(owner) ?? 0} bytes, counted are ${kept.of(owner)}`
  const all = [...sums.values()].reduce((sum, bytes) => sum + bytes, 0)
  if (all !== kept.all) yield `all live jobs take ${all} bytes, counted are ${kept.all}`
}

/**
 * The consumable resources that live attempts hold. An amount that is used up has left the total,
 * and is not held.
 */
function* locks(state: State): Generator<string> {
  const held = new Map<string, number>()
  for (const job of state.jobs.values())
    for (const { arn, quantity } of (liveAttempt(job) && job.spec.consumables) ?? [])
      if (state.consumableResources.get(arn)?.resourceType !== 'NON_REPLENISHABLE')
        held.set(arn, (held.get(arn) ?? 0) + quantity)
  for (const arn of new Set([...held.keys(), ...state.locked.keys()]))
    if ((held.get(arn) ?? 0) !== (state.locked.get(arn) ?? 0))
      yield `${arn}: live attempts hold ${held.get(arn) ?? 0}, locked are ${state.locked.get(arn) ?? 0}`
  for (const { spec } of state.jobs.values())
    for (const { arn } of spec.consumables ?? [])
      if (!state.consumableResources.has(arn)) yield `a live job needs ${arn}, which is gone`
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
  for (const [queue, { lines, parked }] of state.waiting) {
    for (const [share, ids] of [...lines, ['parked', parked] as const]) {
      for (const jobId of ids) {
        const job = state.jobs.get(jobId)
        if (seen.has(jobId)) yield `${jobId} waits twice`
        seen.add(jobId)
        if (!job || !waitsForPlace(job)) yield `${jobId} stands in ${share} of ${queue}, and does not wait`
        else if (job.spec.jobQueue !== queue) yield `${jobId} waits in ${queue}, and belongs to ${job.spec.jobQueue}`
        else if (ids !== parked && share !== lineOf(state, job)) yield `${jobId} waits in the share ${share}`
      }
    }
  }
  for (const job of state.jobs.values())
    if (waitsForPlace(job) && !seen.has(job.jobId)) yield `${job.jobId} waits, and stands in no queue`
}

function* arrays(state: State): Generator<string> {
  for (const job of state.jobs.values()) {
    if (isTerminal(job.state.status)) yield `${job.jobId} is ${job.state.status}, and among the live jobs`
    const child = parseChildId(job.jobId)
    const parent = child && state.jobs.get(child.parentId)
    if (child && (!childrenOf(parent) || parent?.spec !== job.spec))
      yield `${job.jobId} lives without its parent, or with a spec of its own`
    const children = childrenOf(job)
    if (children) yield* array(state, job, children)
  }
}

function* array(state: State, parent: Job, children: ArrayChildren): Generator<string> {
  const counted = jobStatuses.map(() => 0)
  let startable = 0
  for (let index = 0; index < children.statuses.length; index++) {
    const status = childStatus(children, index)
    counted[jobStatuses.indexOf(status)]!++
    const id = `${parent.jobId}:${index}`
    const record = state.jobs.get(id)
    if (record && record.state.status !== status) yield `${id} is ${record.state.status}, its parent says ${status}`
    if (record && !hasRecord(children, index)) yield `${id} lives, and would be started again`
    if (!record && hasRecord(children, index) && !isTerminal(status))
      yield `${id} is ${status}, and not among the live jobs`
    if (hasRecord(children, index) || isTerminal(status)) continue
    if (status === 'RUNNABLE') startable++
    if (status === 'RUNNABLE' && index < children.nextIndex) yield `${id} will never start`
    const may = childMayStart(state, parent, index)
    if (may !== (status === 'RUNNABLE')) yield `${id} is ${status}, and ${may ? 'could' : 'must not'} start`
  }
  if (String(counted) !== String(children.counts))
    yield `${parent.jobId}: the children are ${counted}, counted as ${children.counts}`
  if (startable !== children.startable)
    yield `${parent.jobId}: ${startable} children may start, counted are ${children.startable}`
  if (counted[jobStatuses.indexOf('SUCCEEDED')]! + counted[jobStatuses.indexOf('FAILED')]! === children.statuses.length)
    yield `${parent.jobId} goes on though all its children ended`
}

/** Who waits for whom, looked up again from what each job named. */
function* dependencies(state: State): Generator<string> {
  if (state.dueAfterEnds.size > 0) return yield `undecided after ends: ${[...state.dueAfterEnds.keys()]}`
  const edges = new Set<string>()
  for (const job of state.jobs.values()) {
    if (job.arrayIndex !== undefined) continue
    const awaited = new Set(wholeDependencies(job).flatMap(({ jobId }) => (isUnended(state, jobId!) ? [jobId!] : [])))
    for (const id of awaited) edges.add(`${job.jobId} after ${id}`)
    if (String([...awaited].sort()) !== String([...(state.awaited.get(job.jobId) ?? [])].sort()))
      yield `${job.jobId} waits for ${[...awaited]}, noted is ${[...(state.awaited.get(job.jobId) ?? [])]}`
    if (awaited.size > 0 && job.state.status !== 'PENDING')
      yield `${job.jobId} is ${job.state.status} before ${[...awaited]}`
    if (awaited.size === 0 && job.state.status === 'PENDING' && !job.state.children)
      yield `${job.jobId} waits for nothing`
    for (const id of pairDependencies(job))
      if (childrenOf(state.jobs.get(id)) && !state.pairedWith.get(id)?.has(job.jobId))
        yield `${job.jobId} is not told of the children of ${id}`
  }
  for (const [id, waiting] of state.dependants)
    for (const jobId of waiting) if (!edges.has(`${jobId} after ${id}`)) yield `${jobId} is noted as waiting for ${id}`
  for (const jobId of state.awaited.keys()) if (!state.jobs.has(jobId)) yield `${jobId} waits, and is not live`
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
