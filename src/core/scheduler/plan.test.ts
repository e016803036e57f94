/** What holds after every scheduling pass, in whatever world: derived from the state alone, by other means than the planner's. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxConcurrentOf } from '../../model/concurrency.ts'
import { type Job, liveAttempt } from '../../model/job.ts'
import { plus, type Resources } from '../../model/resources.ts'
import { placeJobs } from '../decide/place.ts'
import { Explainer } from '../explain.ts'
import { makeRandomWorld, take } from '../random-world.testing.ts'
import { childrenOf, rulesOfAws, runningChildren, type State, waitsForPlace } from '../state.ts'
import { waitText } from '../wait-reason.ts'
import { place, type World } from '../world.testing.ts'
import { holds } from './fit.ts'
import type { Slot } from './host-index.ts'
import { plan } from './plan.ts'

const action = fc.constantFrom(
  ...(['submitWide', 'submitWide', 'submitWide', 'submitWide', 'submitNodes', 'submitNeedy', 'submitArray'] as const),
  ...(['pass', 'pass', 'pass', 'start', 'end', 'end', 'end', 'terminate', 'hosts', 'limit', 'wait', 'away'] as const),
  ...(['environment', 'cancel', 'consumable', 'disable', 'enable', 'settle'] as const),
)
const steps = fc.array(fc.record({ action, which: fc.nat(50), amount: fc.nat(11) }), {
  minLength: 10,
  maxLength: 70,
  size: 'max',
})
const runs = { numRuns: 100 }

const kinds = [
  { name: 'as on AWS', rules: rulesOfAws },
  { name: 'with backfill', rules: { ...rulesOfAws, backfill: true } },
  { name: 'with a limit for each user', rules: { ...rulesOfAws, runningPerUser: 3 } },
]

describe.each(kinds)('$name', ({ rules }) => {
  function afterEachPass(check: (world: World, before: ReadonlySet<string>) => void): void {
    fc.assert(
      fc.property(steps, (life) => {
        const world = makeRandomWorld(undefined, rules)
        world.checksEachStep = false
        for (const step of [...life, { action: 'pass', which: 0, amount: 0 }]) {
          if (step.action !== 'pass') {
            take(world, step)
            continue
          }
          const before = new Set([...world.state.jobs.values()].filter((job) => liveAttempt(job)).map(idOf))
          place(world)
          check(world, before)
        }
      }),
      runs,
    )
  }

  test('nothing is left to do, and nobody is told again', () => {
    afterEachPass((world) => {
      expect(plan(world.state, world.now, 256)).toMatchObject({
        placements: [],
        parked: [],
        reclaims: [],
        reservations: [],
        truncated: false,
      })
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
        const misfit = made.misfits.get(jobId)!
        const { spec } = state.jobs.get(jobId)!
        if (misfit.kind !== 'hostsBusy' || spec.nodeResources || spec.consumables) continue
        const environment = state.computeEnvironments.get(misfit.computeEnvironment)!
        const slots = [...state.drivers.get(environment.driver)!.index.slots()]
        const comesFree = slots.some((slot) => holds(plus(slot.free, slot.leaving), nothing, spec.resources))
        const couldBeTold = slots.some(
          (slot) =>
            slot.leaving.vcpus === 0 &&
            !reserved.has(slot.host.hostName) &&
            holds(plus(slot.free, slot.spot), nothing, spec.resources),
        )
        expect(!environment.spot && couldBeTold && !comesFree, `${jobId} waits`).toBe(false)
      }
    })
  })

  test('nobody is told to go but for the price, or for a job that then has the room', () => {
    afterEachPass(({ state }) => {
      for (const { job } of live(state)) {
        const cause = job.state.status === 'RUNNING' || job.state.status === 'STARTING' ? job.state.stopping : undefined
        const why = cause?.kind === 'reclaimed' ? cause.why : ''
        const forJob = /^on-demand job (\S+) needs the room$/.exec(why)?.[1]
        if (why !== '') expect(forJob ?? why).toMatch(/^(the spot price|0{8}-)/)
      }
    })
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
        const { priority, computeEnvironments } = state.jobQueues.get(name)!
        // What prefers spot has its turn with it, and has no claim on what on-demand work took before.
        const prefersSpot =
          state.computeEnvironments.get(computeEnvironments[0]!)?.spot && computeEnvironments.length > 1
        if (misfit.kind !== 'hostsBusy' || spec.nodeResources || spec.consumables || prefersSpot) continue
        const environment = state.computeEnvironments.get(misfit.computeEnvironment)!
        for (const { job, attempt } of live(state)) {
          const isLower = state.jobQueues.get(job.spec.jobQueue)!.priority < priority
          if (before.has(job.jobId) || !isLower || attempt.nodes || Boolean(attempt.spot) !== Boolean(environment.spot))
            continue
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
    .filter(({ attempt }) => attempt.driver === driver && !attempt.spot)
    .flatMap(({ job, attempt }) => placesOf(job, attempt))
    .filter(({ hostName }) => hosts.some((host) => host.hostName === hostName))
    .reduce((sum, { vcpus }) => sum + vcpus, 0)
  return total === 0 ? 100 : (100 * held) / total
}

function placesOf({ spec }: Job, attempt: NonNullable<ReturnType<typeof liveAttempt>>) {
  if (!attempt.nodes) return [{ hostName: attempt.hostName, vcpus: spec.resources.vcpus }]
  return attempt.nodes.map(({ hostName }, node) => ({
    hostName,
    vcpus: spec.nodeResources!.find(({ from, to }) => from <= node && node <= to)!.resources.vcpus,
  }))
}

/** In one share: schedulingPriority, then submission. */
function isBefore(state: State, a: Job, b: Job): boolean {
  const submitted = (job: Job) => (state.jobs.get(array(job)!) ?? job).seq
  const priorities = (b.spec.schedulingPriority ?? 0) - (a.spec.schedulingPriority ?? 0)
  const byPriority = a.spec.shareIdentifier === undefined ? 0 : priorities
  return (byPriority || submitted(a) - submitted(b)) < 0
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
      const free = slotsOf(reason.computeEnvironment).map((slot) => slot.free)
      expect(reason.largestFree.vcpus).toBe(Math.max(0, ...free.map(({ vcpus }) => vcpus)))
      expect(reason.wanted).toEqual(job.spec.resources)
      if (!job.spec.nodeResources) expect(free.some((it) => holds(it, nothing, reason.wanted))).toBe(false)
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
        if (state.waiting.get(job.spec.jobQueue)!.parked.has(other.jobId)) continue
        const isAhead = array(other) === array(waiting) ? other.seq < waiting.seq : isBefore(state, other, waiting)
        if (isAhead) ahead += childrenOf(other)?.startable ?? 1
      }
      expect(reason.position).toBe(ahead + 1)
      return
    }
    default:
  }
}
