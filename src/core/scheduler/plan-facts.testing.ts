import { expect } from 'vitest'
import { type Job, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { Resources } from '../../model/resources.ts'
import { nodesOf as nodeRangesOf } from '../../model/workload.ts'
import type { Explainer } from '../explain/explain.ts'
import { childrenOf } from '../state/children.ts'
import type { Slot } from '../state/host-index.ts'
import { waitsForPlace } from '../state/lines.ts'
import { type State, shareHosts } from '../state/state.ts'
import { holds, type Misfit } from './fit.ts'
import type { Plan } from './plan.ts'

export const nothing: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

export const idOf = ({ jobId }: Job) => jobId
export const array = ({ jobId }: Job) => jobId.split(':')[0]

export function minusOf(a: Resources, b: Resources): Resources {
  return { vcpus: a.vcpus - b.vcpus, memoryMib: a.memoryMib - b.memoryMib, gpus: a.gpus - b.gpus }
}

/**
 * On-demand environments whose hosts the job finds busy, unless it prefers the same hosts on spot.
 */
export function onDemandBusy(state: State, misfit: Misfit) {
  const busy = [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].flatMap((it) =>
    it.kind === 'hostsBusy' || (it.kind === 'roomReserved' && it.of === 'hosts')
      ? [state.computeEnvironments.get(it.computeEnvironment)!]
      : [],
  )
  return busy.some(({ spot }) => spot) ? [] : busy
}

export function live(state: State) {
  return [...state.jobs.values()].flatMap((job) => {
    const attempt = liveAttempt(job)
    return attempt ? [{ job, attempt }] : []
  })
}

/** Computed from the attempts themselves. */
export function price(state: State, driver: string): number {
  const { hosts } = state.drivers.get(driver)!
  const total = hosts.reduce((sum, { capacity }) => sum + capacity.vcpus, 0)
  const held = live(state)
    .filter(({ attempt }) => shareHosts(state, attempt.driver, driver) && !attempt.spot)
    .flatMap(({ job, attempt }) => placesOf(job, attempt))
    .filter(({ hostName }) => hosts.some((host) => host.hostName === hostName))
    .reduce((sum, { resources }) => sum + resources.vcpus, 0)
  return total === 0 ? 100 : (100 * held) / total
}

function placesOf(job: Job, attempt: LiveAttempt) {
  const nodes = nodesOf(job)
  return (attempt.nodes ?? [attempt]).map(({ hostName }, node) => ({ hostName, resources: nodes[node]! }))
}

export const hostsOf = (job: Job) => placesOf(job, liveAttempt(job)!).map(({ hostName }) => hostName)

/** What each node requests. */
export function nodesOf({ spec }: Job): Resources[] {
  const nodes = nodeRangesOf(spec) ?? [{ from: 0, to: 0, resources: spec.resources }]
  return nodes.flatMap(({ from, to, resources }) => Array<Resources>(to - from + 1).fill(resources))
}

export interface Room {
  readonly hostName: string
  readonly free: Resources
}

/** What is free on the hosts once those attempts have left, and the plan's placements have come. */
export function roomsWithout(
  state: State,
  gone: ReadonlySet<string>,
  { placements }: Pick<Plan, 'placements'>,
): Room[] {
  const taken = live(state)
    .filter(({ job }) => !gone.has(job.jobId))
    .flatMap(({ job, attempt }) => placesOf(job, attempt))
  const placed = placements.flatMap(({ jobId, fits }) => {
    const nodes = nodesOf(state.jobs.get(jobId)!)
    return fits.slots.map(({ host: { hostName } }, node) => ({ hostName, resources: nodes[node]! }))
  })
  return state.drivers.get('scripted')!.hosts.map(({ hostName, capacity }) => ({
    hostName,
    free: [...taken, ...placed]
      .filter((it) => it.hostName === hostName)
      .reduce((free, { resources }) => minusOf(free, resources), capacity),
  }))
}

/** Whether all find room at once, tried in every way. */
export function holdAll(rooms: readonly Room[], [first, ...rest]: readonly Resources[]): boolean {
  if (!first) return true
  return rooms.some(({ free }, at) => {
    if (!holds(free, nothing, first)) return false
    return holdAll(
      rooms.map((room, other) => (other === at ? { ...room, free: minusOf(room.free, first) } : room)),
      rest,
    )
  })
}

/**
 * Whether the plan had made room for no other job when it looked for this one's room, so that its
 * result can be found again. A job that takes spot after all may have kept room elsewhere
 * meanwhile. The nodes of a multi-node job are placed one after the other, not in the best way of
 * all.
 */
export function hasFirstChoice(state: State, { heads, misfits, placements }: Plan, job: Job): boolean {
  const isBusy = (jobId: string) => {
    const misfit = misfits.get(jobId)!
    return [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].some(
      (it) => it.kind === 'hostsBusy' || (it.kind === 'roomReserved' && it.of === 'hosts'),
    )
  }
  const spotIn = ({ computeEnvironments }: JobQueue) =>
    computeEnvironments.filter((name) => state.computeEnvironments.get(name)!.spot).length
  const own = state.jobQueues.get(job.spec.jobQueue)!
  // A queue that prefers spot, or falls back to it, may have another turn after all others.
  const isBefore = (jobQueue: JobQueue) => jobQueue !== own && (spotIn(own) > 0 || jobQueue.priority >= own.priority)
  for (const [name, jobId] of heads) {
    const jobQueue = state.jobQueues.get(name)!
    if (isBefore(jobQueue) && spotIn(jobQueue) < jobQueue.computeEnvironments.length && isBusy(jobId)) return false
  }
  for (const { jobId, fits } of placements) {
    const jobQueue = state.jobQueues.get(state.jobs.get(jobId)!.spec.jobQueue)!
    const isMixed = spotIn(jobQueue) < jobQueue.computeEnvironments.length
    if (fits.environment.spot && isMixed && (jobQueue === own || isBefore(jobQueue))) return false
  }
  const isOne = (childrenOf(job)?.startable ?? 1) === 1 && job.spec.workload.kind !== 'multiNode'
  return isOne && heads.get(own.name) === job.jobId
}

/** In one share: by schedulingPriority, then by submission. */
export function isBefore(state: State, a: Job, b: Job): boolean {
  const submitted = (job: Job) => (state.jobs.get(array(job)!) ?? job).seq
  const priorities = (b.spec.schedulingPriority ?? 0) - (a.spec.schedulingPriority ?? 0)
  const byPriority = a.spec.shareIdentifier === undefined ? 0 : priorities
  return (byPriority || submitted(a) - submitted(b)) < 0
}

const environmentsOf = ({ jobQueues, computeEnvironments }: State, { spec }: Job) =>
  jobQueues.get(spec.jobQueue)!.computeEnvironments.map((name) => computeEnvironments.get(name))

const couldHold = (capacity: Resources, wanted: Resources) => holds(capacity, nothing, wanted)

/** Whether no environment of its queue could hold the job if nothing else ran, as things stand. */
function neverFits(state: State, job: Job): boolean {
  const { consumables = [], resources } = job.spec
  if (consumables.some(({ arn, quantity }) => state.consumableResources.get(arn)!.totalQuantity < quantity)) return true
  return environmentsOf(state, job).every((environment) => {
    if (environment?.state !== 'ENABLED' || !['VALID', 'UPDATING'].includes(environment.status)) return false
    if (resources.vcpus > environment.maxvCpus) return true
    const { health, hosts } = state.drivers.get(environment.driver)!
    if (health.kind !== 'healthy') return false
    const empty = hosts.map(({ hostName, capacity: free }) => ({ hostName, free }))
    return !holdAll(empty, nodesOf(job))
  })
}

/** Checks every figure of a reason in another way. */
export function isTrue(state: State, job: Job, reason: ReturnType<Explainer['why']>[number]): void {
  const slotsOf = (computeEnvironment: string): Slot[] => {
    const environment = state.computeEnvironments.get(computeEnvironment)!
    return [...state.drivers.get(environment.driver)!.index.slots()]
  }
  const inEnvironment = (name: string) =>
    live(state)
      .filter(({ attempt }) => attempt.computeEnvironment === name)
      .reduce((sum, it) => sum + it.job.spec.resources.vcpus, 0)
  const inQueue = live(state)
    .filter((it) => it.job.spec.jobQueue === job.spec.jobQueue)
    .reduce((sum, it) => sum + it.job.spec.resources.vcpus, 0)
  switch (reason.kind) {
    case 'hostsBusy': {
      const slots = slotsOf(reason.computeEnvironment)
      const most = ({ free, host }: Slot) => (couldHold(host.capacity, reason.wanted) ? free.vcpus : 0)
      if (reason.nodes === undefined) expect(reason.largestFree.vcpus).toBe(Math.max(0, ...slots.map(most)))
      expect(reason.wanted).toEqual(job.spec.resources)
      if (job.spec.workload.kind !== 'multiNode')
        expect(
          slots.some(({ free }) => holds(free, nothing, reason.wanted)),
          'there is no room',
        ).toBe(false)
      const { holders } = reason
      if (!holders) return
      const held = (hostName: string) =>
        live(state)
          .map(({ job: holder, attempt }) => {
            const here = placesOf(holder, attempt).filter((it) => it.hostName === hostName)
            return { jobId: holder.jobId, vcpus: here.reduce((sum, { resources }) => sum + resources.vcpus, 0) }
          })
          .filter(({ vcpus }) => vcpus > 0)
      const areTheLargest = ({ host }: Slot) => {
        const all = held(host.hostName)
        const named = holders.map((jobId) => all.find((it) => it.jobId === jobId)?.vcpus)
        const largest = all.map(({ vcpus }) => vcpus).sort((a, b) => b - a)
        return JSON.stringify(named) === JSON.stringify(largest.slice(0, 3))
      }
      expect(
        slots.some((slot) => Math.max(0, slot.free.vcpus) === reason.largestFree.vcpus && areTheLargest(slot)),
        'the largest of one host',
      ).toBe(true)
      return
    }
    case 'roomReserved': {
      const holder = state.jobs.get(reason.forJobId)!
      expect(waitsForPlace(holder), 'the room is kept for a job that waits').toBe(true)
      expect(reason.forJobId).not.toBe(job.jobId)
      if (reason.of === 'hosts' && job.spec.workload.kind !== 'multiNode')
        expect(
          slotsOf(reason.computeEnvironment).some((slot) => holds(slot.free, nothing, reason.wanted)),
          'there is room',
        ).toBe(true)
      return
    }
    case 'maxvCpusInUse':
      expect(reason.inUse).toBe(inEnvironment(reason.computeEnvironment))
      expect(reason.inUse + job.spec.resources.vcpus).toBeGreaterThan(reason.maxvCpus)
      return
    case 'spotPriceAboveBid': {
      const environment = state.computeEnvironments.get(reason.computeEnvironment)!
      expect(reason.price).toBeCloseTo(price(state, environment.driver))
      expect(reason.price).toBeGreaterThan(reason.bidPercentage)
      return
    }
    case 'consumableShort': {
      const resource = [...state.consumableResources.values()].find(({ name }) => name === reason.name)!
      const quantityOf = ({ spec }: Job) => spec.consumables?.find(({ arn }) => arn === resource.arn)?.quantity ?? 0
      const isGivenBack = resource.resourceType !== 'NON_REPLENISHABLE'
      const inUse = isGivenBack ? live(state).reduce((sum, it) => sum + quantityOf(it.job), 0) : 0
      expect(reason.wanted).toBe(quantityOf(job))
      expect(reason.available).toBe(Math.max(0, resource.totalQuantity - inUse))
      expect(reason.wanted).toBeGreaterThan(reason.available)
      return
    }
    case 'exceedsMaxvCpus': {
      const ofQueue = environmentsOf(state, job).map((it) => it?.maxvCpus)
      expect(ofQueue).toContain(reason.maxvCpus)
      expect(reason.wanted).toEqual(job.spec.resources)
      expect(reason.wanted.vcpus).toBeGreaterThan(reason.maxvCpus)
      return
    }
    case 'exceedsHosts': {
      const capacities = state.drivers
        .get('scripted')!
        .hosts.map(({ hostName, capacity: free }) => ({ hostName, free }))
      expect(holdAll(capacities, nodesOf(job)), 'it fits when nothing else runs').toBe(false)
      if (job.spec.workload.kind === 'multiNode') return
      expect(reason.wanted).toEqual(job.spec.resources)
      expect(reason.largest.vcpus).toBe(Math.max(0, ...capacities.map(({ free }) => free.vcpus)))
      return
    }
    case 'environmentsDisabled':
      expect(reason.names).not.toEqual([])
      for (const name of reason.names) expect(state.computeEnvironments.get(name)!.state).toBe('DISABLED')
      return
    case 'environmentsInvalid':
      for (const name of reason.names) expect(state.computeEnvironments.get(name)?.status).not.toBe('VALID')
      return
    case 'engineAway':
      expect(state.drivers.get(reason.driver)!.health).toEqual({ kind: 'unreachable', why: reason.why })
      expect(environmentsOf(state, job).map((it) => it?.driver)).toContain(reason.driver)
      return
    case 'shareReservation':
      expect(reason.inUse).toBe(inQueue)
      expect(reason.inUse + job.spec.resources.vcpus).toBeGreaterThan(reason.total - reason.reservedVcpus)
      return
    case 'maxConcurrent':
      expect(reason.running).toBeGreaterThanOrEqual(reason.most)
      return
    case 'behind': {
      expect(reason.headJobId).not.toBe(job.jobId)
      expect(state.jobs.get(reason.headJobId)?.spec.jobQueue).toBe(job.spec.jobQueue)
      expect(reason.head).toBeDefined()
      let ahead = 0
      const waiting = state.jobs.get(job.jobId) ?? state.jobs.get(array(job)!)!
      for (const other of state.jobs.values()) {
        const same =
          other.spec.jobQueue === job.spec.jobQueue && other.spec.shareIdentifier === job.spec.shareIdentifier
        if (!same || !waitsForPlace(other) || other === waiting) continue
        if (neverFits(state, other)) continue
        const isAhead = array(other) === array(waiting) ? other.seq < waiting.seq : isBefore(state, other, waiting)
        if (isAhead) ahead += childrenOf(other)?.startable ?? 1
      }
      expect(reason.position).toBe(ahead + 1)
      return
    }
    default:
  }
}
