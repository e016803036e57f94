/**
 * What holds after every scheduling pass, in any world. It is derived from the state alone, by
 * other means than the planner's.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxConcurrentOf } from '../../model/concurrency.ts'
import { liveAttempt } from '../../model/job.ts'
import { plus } from '../../model/resources.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { placeJobs } from '../job/place.ts'
import { propertyRuns } from '../property-runs.testing.ts'
import { makeRandomWorld } from '../random-beginning.testing.ts'
import { take } from '../random-world.testing.ts'
import { childrenOf, runningChildren } from '../state/children.ts'
import { waitsForPlace } from '../state/lines.ts'
import { rulesOfAws, type State } from '../state/state.ts'
import type { World } from '../world.testing.ts'
import { holds } from './fit.ts'
import { type Plan, plan } from './plan.ts'
import {
  array,
  hasFirstChoice,
  holdAll,
  hostsOf,
  idOf,
  isBefore,
  isTrue,
  live,
  minusOf,
  nodesOf,
  nothing,
  onDemandBusy,
  price,
  roomsWithout,
} from './plan-facts.testing.ts'
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
/**
 * Spot attempts have spread over the hosts before the rest of life begins, so on-demand work finds
 * many that must leave for it.
 */
const crowdedLife = fc
  .tuple(
    fc.array(fc.record({ action: fc.constant('submitSpare' as const), ...numbers }), { maxLength: 3, size: 'max' }),
    life,
  )
  .map(([crowd, rest]) => [...crowd, pass, ...rest, pass])
/** Every run has the same lives; `PLAN_SEED=$RANDOM` gives others. */
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

  test('nothing is left to do, and nobody gets a second notice', () => {
    afterEachPass((world) => {
      const made = plan(world.state, world.now, 256)
      expect(made).toMatchObject({ placements: [], parked: [], reclaims: [], truncated: false })
      for (const { jobQueue, reservation } of made.reservations) {
        // A head that claims more the longer it waits is no reason for a pass.
        const known = world.state.reservations.get(jobQueue)
        expect(reservation).toMatchObject({ jobId: known?.jobId, sinceMs: known?.sinceMs })
        expect(reservation!.doublings).toBeGreaterThan(known!.doublings!)
      }
      world.do(placeJobs())
      expect(world.lookAway().slice(-1)).toEqual([{ type: 'schedulingDone' }])
    })
  })

  test('attempts that the price has passed get a notice', () => {
    afterEachPass(({ state }) => {
      for (const { job, attempt } of live(state)) {
        const environment = state.computeEnvironments.get(attempt.computeEnvironment)!
        // Reports about hosts may be out of date while the engine is away.
        if (state.drivers.get(attempt.driver)!.health.kind !== 'healthy') continue
        if (environment.spot && price(state, attempt.driver) > environment.spot.bidPercentage)
          expect('stopping' in job.state && job.state.stopping, `${job.jobId} is told`).toBeTruthy()
      }
    })
  })

  test('no on-demand head waits for room that spot attempts could make', () => {
    afterEachPass(({ state, now }) => {
      const made = plan(state, now, 256)
      const reserved = new Set([...state.reservations.values()].flatMap(({ claims }) => [...claims.keys()]))
      for (const jobId of made.heads.values()) {
        const { spec } = state.jobs.get(jobId)!
        if (spec.workload.kind === 'multiNode' || spec.consumables) continue
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

  test('an attempt gets a notice only for the price, or for a job that then has the room', () => {
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
            // The other nodes of a multi-node job may find room without any attempt leaving.
            const there =
              job.spec.workload.kind === 'multiNode' ? rooms : rooms.filter(({ hostName }) => hosts.has(hostName))
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

  test('limits on simultaneous jobs hold', () => {
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

  test('nobody is placed before those ahead in the same queue and share, unless those step aside', () => {
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
    // Room that is kept for one head may suffice for a smaller job beside it. A queue may also have
    // stood behind a user who only then reached the limit.
    if (rules.backfill || rules.runningPerUser) return
    afterEachPass(({ state, now }, before) => {
      const made = plan(state, now, 256)
      for (const [name, jobId] of made.heads) {
        const misfit = made.misfits.get(jobId)!
        const { spec } = state.jobs.get(jobId)!
        const { priority } = state.jobQueues.get(name)!
        if (misfit.kind !== 'hostsBusy' || spec.workload.kind === 'multiNode' || spec.consumables) continue
        const isBusy = (computeEnvironment: string) =>
          [misfit, ...(misfit.elsewhere ?? []).map((it) => it.misfit)].some(
            (it) => it.kind === 'hostsBusy' && it.computeEnvironment === computeEnvironment,
          )
        for (const { job, attempt } of live(state)) {
          const isLower = state.jobQueues.get(job.spec.jobQueue)!.priority < priority
          // On the same terms: on-demand work goes before spot work.
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

  test('the reasons are true, also for jobs that wait alone', () => {
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
