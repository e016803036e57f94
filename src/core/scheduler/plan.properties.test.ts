/** What holds after every scheduling pass, in whatever world: derived from the state alone, by other means than the planner's. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxConcurrentOf } from '../../model/concurrency.ts'
import { type Job, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { plus, type Resources } from '../../model/resources.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { placeJobs } from '../job/place.ts'
import { propertyRuns } from '../property-runs.testing.ts'
import { makeRandomWorld, take } from '../random-world.testing.ts'
import { childrenOf, runningChildren } from '../state/children.ts'
import type { Slot } from '../state/host-index.ts'
import { waitsForPlace } from '../state/lines.ts'
import { rulesOfAws, type State, shareHosts } from '../state/state.ts'
import type { World } from '../world.testing.ts'
import { holds, type Misfit } from './fit.ts'
import { type Plan, plan } from './plan.ts'
import { isStopping } from './spot.ts'

const action = fc.constantFrom(
  ...(['submitWide', 'submitWide', 'submitWide', 'submitWide', 'submitNodes', 'submitNeedy', 'submitArray'] as const),
  ...(['pass', 'pass', 'pass', 'start', 'end', 'end', 'end', 'terminate', 'hosts', 'limit', 'wait', 'away'] as const),
  ...(['environment', 'cancel', 'consumable', 'disable', 'enable', 'enable', 'settle', 'back', 'back'] as const),
  ...(['submitSpare', 'submitNodes', 'submitNodes'] as const),
)
type Step = { readonly action: string; readonly which: number; readonly amount: number }
const numbers = { which: fc.nat(50), amount: fc.nat(11) }
const pass = { action: 'pass', which: 0, amount: 0 } as const
const life = fc.array(fc.record({ action, ...numbers }), { minLength: 10, maxLength: 60, size: 'max' })
/** Spot attempts have spread over the hosts before the rest of life begins: on-demand work finds many that must go for it. */
const crowdedLife = fc
  .tuple(
    fc.array(fc.record({ action: fc.constant('submitSpare' as const), ...numbers }), { maxLength: 3, size: 'max' }),
    life,
  )
  .map(([crowd, rest]) => [...crowd, pass, ...rest, pass])
/** The same lives at every run; others with `PLAN_SEED=$RANDOM`. */
const runs = { ...propertyRuns(100), endOnFailure: true, seed: Number(process.env.PLAN_SEED ?? 4) }

const kinds = [
  { name: 'as on AWS', rules: rulesOfAws },
  { name: 'with backfill', rules: { ...rulesOfAws, backfill: true } },
  { name: 'with a limit for each user', rules: { ...rulesOfAws, runningPerUser: 3 } },
  { name: 'on machines that two drivers share', rules: rulesOfAws, sharesHosts: true },
]

describe.each(kinds)('$name', ({ rules, sharesHosts = false }) => {
  function afterEachPass(
    check: (world: World, before: ReadonlySet<string>) => void,
    {
      lives = crowdedLife,
      checkPlan,
    }: { lives?: fc.Arbitrary<Step[]>; checkPlan?: (state: State, made: Plan) => void } = {},
  ): void {
    fc.assert(
      fc.property(lives, (life) => {
        const world = makeRandomWorld(undefined, rules, sharesHosts)
        world.checksEachStep = false
        for (const step of life) {
          if (step.action !== 'pass') {
            take(world, step)
            continue
          }
          const before = new Set([...world.state.jobs.values()].filter((job) => liveAttempt(job)).map(idOf))
          while (world.state.schedulingDue) {
            checkPlan?.(world.state, plan(world.state, world.now + 1, 256))
            world.do(placeJobs())
          }
          check(world, before)
        }
      }),
      runs,
    )
  }

  test('nothing is left to do, and nobody is told again', () => {
    afterEachPass((world) => {
      const made = plan(world.state, world.now, 256)
      expect(made).toMatchObject({ placements: [], parked: [], reclaims: [], truncated: false })
      for (const { jobQueue, reservation } of made.reservations) {
        // That a head claims more the longer it waits is no reason for a pass.
        const known = world.state.reservations.get(jobQueue)
        expect(reservation).toMatchObject({ jobId: known?.jobId, sinceMs: known?.sinceMs })
        expect(reservation!.doublings).toBeGreaterThan(known!.doublings!)
      }
      world.do(placeJobs())
      expect(world.lookAway().slice(-1)).toEqual([{ type: 'schedulingDone' }])
    })
  })

  test('what the price has passed is told to go', () => {
    afterEachPass(({ state }) => {
      for (const { job, attempt } of live(state)) {
        const environment = state.computeEnvironments.get(attempt.computeEnvironment)!
        // What is said of hosts may be out of date while the engine is away.
        if (state.drivers.get(attempt.driver)!.health.kind !== 'healthy') continue
        if (environment.spot && price(state, attempt.driver) > environment.spot.bidPercentage)
          expect('stopping' in job.state && job.state.stopping, `${job.jobId} is told`).toBeTruthy()
      }
    })
  })

  test('no on-demand head waits for room that spot attempts would make', () => {
    afterEachPass(({ state, now }) => {
      const made = plan(state, now, 256)
      const reserved = new Set([...state.reservations.values()].flatMap(({ claims }) => [...claims.keys()]))
      for (const jobId of made.heads.values()) {
        const { spec } = state.jobs.get(jobId)!
        if (spec.nodeResources || spec.consumables) continue
        for (const environment of onDemandBusy(state, made.misfits.get(jobId)!)) {
          const slots = [...state.drivers.get(environment.driver)!.index.slots()]
          const comesFree = slots.some((slot) => holds(plus(slot.free, slot.leaving), nothing, spec.resources))
          const couldBeTold = slots.some(
            (slot) =>
              slot.leaving.vcpus === 0 &&
              !reserved.has(slot.host.hostName) &&
              holds(plus(slot.free, slot.spot), nothing, spec.resources),
          )
          expect(couldBeTold && !comesFree, `${jobId} waits`).toBe(false)
        }
      }
    })
  })

  test('nobody is told to go but for the price, or for a job that then has the room', () => {
    const isWhy = (why: string, forJobId?: string) =>
      forJobId === undefined ? why.startsWith('the spot price') : why === `on-demand job ${forJobId} needs the room`
    let plansThatTell = 0
    afterEachPass(() => undefined, {
      checkPlan: (state, made) => {
        const told = made.reclaims.filter(({ forJobId }) => forJobId !== undefined)
        if (told.length > 0) plansThatTell++
        for (const { why, forJobId } of made.reclaims) expect(isWhy(why, forJobId), why).toBe(true)
        const leaving = live(state).filter(({ job, attempt }) => attempt.spot && isStopping(state, job))
        const goneBefore = new Set(leaving.map(({ job }) => job.jobId))
        for (const { jobId, attempt } of made.reclaims) {
          expect(goneBefore.has(jobId), `${jobId} was told before`).toBe(false)
          expect(liveAttempt(state.jobs.get(jobId)!)).toMatchObject({ number: attempt, spot: expect.anything() })
        }
        const wanted = [...new Set(told.map((it) => it.forJobId!))].flatMap((jobId) => nodesOf(state.jobs.get(jobId)!))
        const gone = new Set([...goneBefore, ...told.map(({ jobId }) => jobId)])
        if (wanted.length <= 7)
          expect(holdAll(roomsWithout(state, gone, made), wanted), 'all have room at once').toBe(true)
        for (const [forJobId, theirs] of Map.groupBy(told, (it) => it.forJobId!)) {
          const job = state.jobs.get(forJobId)!
          expect(waitsForPlace(job), `${forJobId} waits`).toBe(true)
          const ids = theirs.map(({ jobId }) => jobId)
          const isFree = (gone: readonly string[]) => {
            const rooms = roomsWithout(state, new Set([...goneBefore, ...gone]), made)
            const hosts = new Set(ids.flatMap((jobId) => hostsOf(state.jobs.get(jobId)!)))
            // The other nodes of several may find room where nobody has to go.
            const there = job.spec.nodeResources ? rooms : rooms.filter(({ hostName }) => hosts.has(hostName))
            return holdAll(there, nodesOf(job))
          }
          expect(isFree(told.map((it) => it.jobId)), `${forJobId} has the room then`).toBe(true)
          if (!hasFirstChoice(state, made, job)) continue
          for (const jobId of ids)
            expect(isFree(ids.filter((it) => it !== jobId)), `${jobId} had to go for ${forJobId}`).toBe(false)
        }
      },
    })
    // About 27 on average; about 6 where each user has a limit, and so sometimes none.
    if (!rules.runningPerUser) expect(plansThatTell, 'there were jobs for which others had to go').toBeGreaterThan(3)
  })

  test('limits on what runs at once hold', () => {
    afterEachPass(({ state }, before) => {
      for (const { job } of live(state)) {
        if (before.has(job.jobId)) continue
        const ofQueue = maxConcurrentOf(state.jobQueues.get(job.spec.jobQueue)!.tags) ?? Number.POSITIVE_INFINITY
        expect(state.runningByQueue.get(job.spec.jobQueue)).toBeLessThanOrEqual(ofQueue)
        if (rules.runningPerUser)
          expect(state.runningByOwner.get(job.spec.owner)).toBeLessThanOrEqual(rules.runningPerUser)
        const array = state.jobs.get(job.jobId.split(':')[0]!)!
        const ofArray = childrenOf(array) ? maxConcurrentOf(array.tags) : undefined
        if (ofArray) expect(runningChildren(array)).toBeLessThanOrEqual(ofArray)
      }
    })
  })

  test('nobody is placed before those who are ahead in the same queue and share, unless they step aside', () => {
    if (rules.backfill) return
    afterEachPass(({ state }, before) => {
      const placed = [...live(state)].map(({ job }) => job).filter((job) => !before.has(job.jobId))
      for (const job of state.jobs.values()) {
        if (!waitsForPlace(job) || state.waiting.get(job.spec.jobQueue)?.parked.has(job.jobId)) continue
        const parent = state.jobs.get(array(job)!)!
        const isAtLimit = childrenOf(parent) && runningChildren(parent) >= (maxConcurrentOf(parent.tags) ?? 1e9)
        const ofOwner = state.runningByOwner.get(job.spec.owner) ?? 0
        if (isAtLimit || (rules.runningPerUser && ofOwner >= rules.runningPerUser)) continue
        for (const other of placed) {
          const same =
            other.spec.jobQueue === job.spec.jobQueue && other.spec.shareIdentifier === job.spec.shareIdentifier
          if (same && array(other) !== array(job))
            expect(isBefore(state, other, job), `${other.jobId} before ${job.jobId}`).toBe(true)
        }
      }
    })
  })

  test('a queue of higher priority has the first choice', () => {
    // Room that is kept for one head may do for a smaller job beside it; and a queue may have stood behind a user who came to his limit only then.
    if (rules.backfill || rules.runningPerUser) return
    afterEachPass(({ state, now }, before) => {
      const made = plan(state, now, 256)
      for (const [name, jobId] of made.heads) {
        const misfit = made.misfits.get(jobId)!
        const { spec } = state.jobs.get(jobId)!
        const { priority } = state.jobQueues.get(name)!
        if (misfit.kind !== 'hostsBusy' || spec.nodeResources || spec.consumables) continue
        const isBusy = (computeEnvironment: string) =>
          [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].some(
            (it) => it.kind === 'hostsBusy' && it.computeEnvironment === computeEnvironment,
          )
        for (const { job, attempt } of live(state)) {
          const isLower = state.jobQueues.get(job.spec.jobQueue)!.priority < priority
          // On the same terms: on-demand work goes before work for spot.
          if (before.has(job.jobId) || !isLower || attempt.nodes || !isBusy(attempt.computeEnvironment)) continue
          const slot = state.drivers.get(attempt.driver)!.index.slot(attempt.hostName)!
          expect(
            holds(slot.free, nothing, minusOf(spec.resources, job.spec.resources)),
            `${jobId} could have had it`,
          ).toBe(false)
        }
      }
    })
  })

  test('what is said is true, and said of those who wait alone', () => {
    afterEachPass((world) => {
      const { state } = world
      const explainer = new Explainer(state, world.now)
      for (const job of state.jobs.values()) {
        const [reason] = explainer.why(job)
        expect(reason !== undefined, job.jobId).toBe(waitsForPlace(job) || state.awaited.has(job.jobId))
        if (!reason) continue
        expect(reason.kind, 'all that could start has').not.toBe('aboutToStart')
        expect(waitText(reason)).not.toMatch(/undefined|NaN| -\d/)
        for (const one of explainer.why(job)) isTrue(state, job, one)
      }
    })
  })
})

const nothing: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

const idOf = ({ jobId }: Job) => jobId
const array = ({ jobId }: Job) => jobId.split(':')[0]

function minusOf(a: Resources, b: Resources): Resources {
  return { vcpus: a.vcpus - b.vcpus, memoryMib: a.memoryMib - b.memoryMib, gpus: a.gpus - b.gpus }
}

/** On-demand environments for which the job finds the hosts busy, unless it would rather have the same hosts on spot. */
function onDemandBusy(state: State, misfit: Misfit) {
  const busy = [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].flatMap((it) =>
    it.kind === 'hostsBusy' || (it.kind === 'roomReserved' && it.of === 'hosts')
      ? [state.computeEnvironments.get(it.computeEnvironment)!]
      : [],
  )
  return busy.some(({ spot }) => spot) ? [] : busy
}

function live(state: State) {
  return [...state.jobs.values()].flatMap((job) => {
    const attempt = liveAttempt(job)
    return attempt ? [{ job, attempt }] : []
  })
}

/** From the attempts themselves. */
function price(state: State, driver: string): number {
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

const hostsOf = (job: Job) => placesOf(job, liveAttempt(job)!).map(({ hostName }) => hostName)

/** What each node asks for. */
function nodesOf({ spec: { nodeResources, resources } }: Job): Resources[] {
  return (
    nodeResources?.flatMap(({ from, to, resources }) => Array<Resources>(to - from + 1).fill(resources)) ?? [resources]
  )
}

interface Room {
  readonly hostName: string
  readonly free: Resources
}

/** What is free on the hosts once those have gone, and what the plan places has come. */
function roomsWithout(state: State, gone: ReadonlySet<string>, { placements }: Pick<Plan, 'placements'>): Room[] {
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
function holdAll(rooms: readonly Room[], [first, ...rest]: readonly Resources[]): boolean {
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
 * Whether the plan had made room for nobody else when it looked for this job's: then what it found can be found again. What takes spot after all may
 * have kept room elsewhere meanwhile; and the nodes of several are put one after the other, not in the best of all ways.
 */
function hasFirstChoice(state: State, { heads, misfits, placements }: Plan, job: Job): boolean {
  const isBusy = (jobId: string) => {
    const misfit = misfits.get(jobId)!
    return [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].some(
      (it) => it.kind === 'hostsBusy' || (it.kind === 'roomReserved' && it.of === 'hosts'),
    )
  }
  const spotIn = ({ computeEnvironments }: JobQueue) =>
    computeEnvironments.filter((name) => state.computeEnvironments.get(name)!.spot).length
  const own = state.jobQueues.get(job.spec.jobQueue)!
  // What prefers spot, or falls back on it, may have its turn once more after all others.
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
  const isOne = (childrenOf(job)?.startable ?? 1) === 1 && !job.spec.nodeResources
  return isOne && heads.get(own.name) === job.jobId
}

/** In one share: schedulingPriority, then submission. */
function isBefore(state: State, a: Job, b: Job): boolean {
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

/** Every figure of a reason, found by another way. */
function isTrue(state: State, job: Job, reason: ReturnType<Explainer['why']>[number]): void {
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
      if (!job.spec.nodeResources)
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
      if (reason.of === 'hosts' && !job.spec.nodeResources)
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
      if (job.spec.nodeResources) return
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
