/**
 * Computes again what the scheduler keeps beside the jobs, from nothing but the jobs (see
 * invariants.ts).
 */
import { liveAttempt } from '../../model/job.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import { indexesOf, type State } from '../state/state.ts'
import { isStopping } from './spot.ts'

/** Yields one sentence for each broken invariant. */
export function* schedulingInvariants(state: State): Generator<string> {
  yield* running(state)
  yield* shares(state)
  yield* hosts(state)
  yield* reservations(state)
}

function* running(state: State): Generator<string> {
  const queues = new Map<string, number>()
  const owners = new Map<string, number>()
  for (const job of state.jobs.values()) {
    if (!liveAttempt(job)) continue
    const { jobQueue, owner } = job.spec
    queues.set(jobQueue, (queues.get(jobQueue) ?? 0) + 1)
    owners.set(owner, (owners.get(owner) ?? 0) + 1)
  }
  yield* differences('running in queue', queues, state.runningByQueue)
  yield* differences('running of', owners, state.runningByOwner)
}

function* shares(state: State): Generator<string> {
  const held = new Map<string, number>()
  const live = new Map<string, number>()
  for (const job of state.jobs.values()) {
    const { jobQueue, shareIdentifier, resources } = job.spec
    if (shareIdentifier === undefined) continue
    const key = `${jobQueue} ${shareIdentifier}`
    live.set(key, (live.get(key) ?? 0) + 1)
    if (liveAttempt(job)) held.set(key, (held.get(key) ?? 0) + resources.vcpus)
  }
  const uses = [...state.shares].flatMap(([queue, uses]) =>
    [...uses].map(([share, it]) => [`${queue} ${share}`, it] as const),
  )
  yield* differences('vCPUs of share', held, new Map(uses.map(([key, { vcpus }]) => [key, vcpus])))
  yield* differences('live jobs of share', live, new Map(uses.map(([key, { liveJobs }]) => [key, liveJobs])))
  for (const [key, { average }] of uses) if (!(average >= 0)) yield `share ${key} used ${average}`
}

function* hosts(state: State): Generator<string> {
  for (const [index, drivers] of indexesOf(state)) {
    const name = drivers.map((driver) => driver.name)
    const offered = drivers.flatMap((driver) => driver.hosts)
    let onDemand = 0
    for (const slot of index.slots()) {
      const { host, tenants } = slot
      const isOffered = offered.some(({ hostName }) => hostName === host.hostName)
      let spot = noResources
      let leaving = noResources
      let all = noResources
      for (const tenant of tenants.values()) {
        all = plus(all, tenant.resources)
        if (!tenant.attempt.spot) onDemand += isOffered ? tenant.resources.vcpus : 0
        else spot = plus(spot, tenant.resources)
        if (tenant.attempt.spot && isStopping(state, tenant)) leaving = plus(leaving, tenant.resources)
      }
      if (!isOffered && tenants.size === 0) yield `host ${host.hostName} is kept for nothing`
      yield* sameAmount(`all of ${host.hostName}`, all, slot.taken)
      yield* sameAmount(`spot of ${host.hostName}`, spot, slot.spot)
      yield* sameAmount(`leaving ${host.hostName}`, leaving, slot.leaving)
      if (index.spotSlots().has(slot) !== spot.vcpus > 0) yield `spot of ${host.hostName} is not noted`
      if (index.leavingSlots().has(slot) !== leaving.vcpus > 0) yield `what leaves ${host.hostName} is not noted`
    }
    if (index.onDemandVcpus !== onDemand)
      yield `driver ${name}: on demand hold ${onDemand} vCPUs, counted ${index.onDemandVcpus}`
  }
}

function* reservations(state: State): Generator<string> {
  const attempts = new Set([...state.jobs.values()].flatMap((job) => liveAttempt(job)?.name ?? []))
  for (const [queue, { jobId, beside }] of state.reservations) {
    if (state.jobs.get(jobId)?.spec.jobQueue !== queue) yield `queue ${queue} keeps room for ${jobId}`
    for (const name of beside.keys()) if (!attempts.has(name)) yield `${name} is said to run beside ${jobId}`
  }
}

function* sameAmount(what: string, sum: Resources, kept: Resources): Generator<string> {
  if (sum.vcpus !== kept.vcpus || sum.memoryMib !== kept.memoryMib || sum.gpus !== kept.gpus)
    yield `${what}: ${JSON.stringify(sum)}, kept is ${JSON.stringify(kept)}`
}

function* differences(what: string, sums: ReadonlyMap<string, number>, kept: ReadonlyMap<string, number>) {
  for (const key of new Set([...sums.keys(), ...kept.keys()]))
    if ((sums.get(key) ?? 0) !== (kept.get(key) ?? 0))
      yield `${what} ${key}: ${sums.get(key) ?? 0}, counted are ${kept.get(key) ?? 0}`
}
