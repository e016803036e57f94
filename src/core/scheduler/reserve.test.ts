/**
 * Which room heads reserve, for how long, and whom it binds; and what is kept for a job while
 * others leave for it.
 */
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { updateComputeEnvironment } from '../compute-environment/decide.ts'
import { createConsumableResource } from '../consumable-resource/decide.ts'
import type { Command } from '../decision.ts'
import { Explainer } from '../explain/explain.ts'
import { attemptEnded } from '../job/attempt.ts'
import { terminateJob } from '../job/cancel.ts'
import { updateJobQueue } from '../job-queue/decide.ts'
import { rulesOfAws } from '../state/state.ts'
import {
  environmentRequest,
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from '../world.testing.ts'

/**
 * A world with `ce` and `q`, and also the environment `other`, the spot environment `spare` with
 * the queue `cheap`, and `second` on `ce`, behind `q`.
 */
function world(rules: { backfill: boolean }, ...hosts: ReturnType<typeof hostOf>[]): World {
  const made = makeWorld(undefined, { ...rulesOfAws, ...rules })
  made.do(hostsSeen(...hosts))
  made.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 100 } }))
  made.do(environmentRequest('other', 100))
  made.do(spotEnvironmentRequest('spare', 100, 60))
  made.settle()
  made.do(queueRequest('cheap', ['spare'], 0))
  made.do(queueRequest('second', ['ce'], 0))
  made.settle()
  return made
}

const backfill = { backfill: true }
const claimed = ({ state }: World, jobQueue = 'q') => [...(state.reservations.get(jobQueue)?.claims.keys() ?? [])]
const status = (it: World, jobId: string) => it.job(jobId).state.status
const hostNameOf = (it: World, jobId: string) => liveAttempt(it.job(jobId))?.hostName
const told = (it: World, ids: readonly string[]) =>
  ids.filter((jobId) => {
    const { state } = it.job(jobId)
    return (state.status === 'STARTING' || state.status === 'RUNNING') && state.stopping?.kind === 'reclaimed'
  })
const end = (it: World, jobId: string) =>
  it.do(attemptEnded({ jobId, attempt: liveAttempt(it.job(jobId))!.number, outcome: exited(0) }))

describe('a reservation is given up for another', () => {
  /**
   * Of 8 vCPUs each, 6 are held on `roomy` and 7 on `busy`. The head wants all of one host, and has
   * reserved `roomy`.
   */
  function reserved() {
    const made = world(backfill, hostOf('busy', { vcpus: 8 }), hostOf('roomy', { vcpus: 8 }))
    made.do(updateJobQueue({ jobQueue: 'q', computeEnvironmentOrder: order('ce', 'other') }))
    made.settle()
    const [onBusy, onRoomy] = [7, 6].map((vcpus) => {
      const jobId = submit(made, { vcpus })
      place(made)
      return { jobId, hostName: hostNameOf(made, jobId) }
    })
    expect([onBusy!.hostName, onRoomy!.hostName]).toEqual(['busy', 'roomy'])
    const head = submit(made, { vcpus: 8 })
    place(made)
    expect([made.state.reservations.get('q')!.computeEnvironment, claimed(made)]).toEqual(['ce', ['roomy']])
    return { made, head, onBusy: onBusy!.jobId, onRoomy: onRoomy!.jobId }
  }

  const order = (...names: string[]) => names.map((computeEnvironment, at) => ({ computeEnvironment, order: at }))

  test.each([
    ['whose host went away', [hostOf('busy', { vcpus: 8 })]],
    ['whose host became too small', [hostOf('busy', { vcpus: 8 }), hostOf('roomy', { vcpus: 7 })]],
    [
      'whose host has too little memory now',
      [hostOf('busy', { vcpus: 8 }), hostOf('roomy', { vcpus: 8, memoryMib: 511 })],
    ],
  ])('%s', (_, hosts) => {
    const { made, head, onBusy } = reserved()
    made.do(hostsSeen(...hosts))
    place(made)
    expect(claimed(made)).toEqual(['busy'])
    const small = submit(made, { jobQueue: 'second' })
    place(made)
    expect(hostNameOf(made, small)).not.toBe('busy')
    end(made, onBusy)
    place(made)
    expect(hostNameOf(made, head)).toBe('busy')
  })

  test('while it holds it is kept, although another host has more room now', () => {
    const { made, head, onBusy } = reserved()
    made.do(hostsSeen(hostOf('busy', { vcpus: 10 }), hostOf('roomy', { vcpus: 8 })))
    place(made)
    expect([claimed(made), status(made, head)]).toEqual([['roomy'], 'RUNNABLE'])
    end(made, onBusy)
    place(made)
    expect(hostNameOf(made, head)).toBe('busy')
  })

  test.each<[string, Command<unknown>]>([
    ['was disabled', updateComputeEnvironment({ computeEnvironment: 'ce', state: 'DISABLED' })],
    ['is the queue’s no more', updateJobQueue({ jobQueue: 'q', computeEnvironmentOrder: order('other') })],
    ['has become too small', updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 7 } })],
  ])('whose environment %s', (_, change) => {
    const { made, head, onBusy, onRoomy } = reserved()
    made.do(change)
    made.settle()
    place(made)
    expect([made.state.reservations.get('q')?.computeEnvironment, claimed(made)]).toEqual(['other', ['roomy']])
    for (const jobId of [onBusy, onRoomy]) end(made, jobId)
    place(made)
    expect(liveAttempt(made.job(head))!.computeEnvironment).toBe('other')
  })

  test('whose spot environment has become too expensive', () => {
    const made = world(backfill, hostOf('h1', { vcpus: 8 }), hostOf('h2', { vcpus: 8 }))
    made.do(queueRequest('thrifty', ['spare', 'other'], 9))
    made.settle()
    const before = [submit(made, { vcpus: 5, jobQueue: 'cheap' }), submit(made, { vcpus: 4 })]
    place(made)
    const head = submit(made, { vcpus: 8, jobQueue: 'thrifty' })
    place(made)
    expect(made.state.reservations.get('thrifty')!.computeEnvironment).toBe('spare')
    submit(made, { vcpus: 3 })
    submit(made, { vcpus: 3 })
    place(made)
    expect(made.state.reservations.get('thrifty')?.computeEnvironment).toBe('other')
    for (const jobId of before) end(made, jobId)
    place(made)
    expect([status(made, head), made.state.reservations.get('thrifty')?.computeEnvironment]).toEqual([
      'RUNNABLE',
      'other',
    ])
  })

  test('and for none when the only environment was disabled', () => {
    const { made, head } = reserved()
    made.do(updateComputeEnvironment({ computeEnvironment: 'ce', state: 'DISABLED' }))
    made.do(updateComputeEnvironment({ computeEnvironment: 'other', state: 'DISABLED' }))
    made.settle()
    place(made)
    expect([status(made, head), claimed(made)]).toEqual(['RUNNABLE', []])
  })
})

test('heads of two queues reserve two hosts, and each starts on its own', () => {
  const made = world(backfill, hostOf('h1', { vcpus: 8 }), hostOf('h2', { vcpus: 8 }))
  const before = [7, 5].map((vcpus) => submit(made, { vcpus }))
  place(made)
  expect(before.map((jobId) => hostNameOf(made, jobId))).toEqual(['h1', 'h2'])
  const heads = ['q', 'second'].map((jobQueue) => submit(made, { vcpus: 8, jobQueue }))
  place(made)
  expect([claimed(made, 'q'), claimed(made, 'second')]).toEqual([['h2'], ['h1']])
  end(made, before[0]!)
  place(made)
  expect(heads.map((jobId) => hostNameOf(made, jobId))).toEqual(['h1', undefined])
  end(made, before[1]!)
  place(made)
  expect(heads.map((jobId) => hostNameOf(made, jobId))).toEqual(['h1', 'h2'])
})

test('a head that waits for spot binds only spot work', () => {
  const made = world(backfill, hostOf('h1', { vcpus: 8 }))
  made.do(queueRequest('thrifty', ['spare', 'ce'], 9))
  made.settle()
  const before = submit(made, { vcpus: 2, jobQueue: 'cheap' })
  place(made)
  const head = submit(made, { vcpus: 8, jobQueue: 'thrifty' })
  place(made)
  expect(made.state.reservations.get('thrifty')).toMatchObject({ jobId: head, isSpot: true })
  expect(claimed(made, 'thrifty')).toEqual(['h1'])
  const [onSpot, onDemand] = [submit(made, { jobQueue: 'cheap' }), submit(made, { vcpus: 2 })]
  place(made)
  expect([before, head, onSpot, onDemand].map((jobId) => status(made, jobId))).toEqual([
    'STARTING',
    'RUNNABLE',
    'RUNNABLE',
    'STARTING',
  ])
  expect(new Explainer(made.state, made.now).why(made.job(onSpot))[0]).toMatchObject({
    kind: 'roomReserved',
    of: 'hosts',
    forJobId: head,
  })
})

describe('nobody gets a notice on a host whose room is reserved for another head', () => {
  /**
   * On `kept`, on-demand work holds 4 of 8 vCPUs and spot the rest. The head wants all 8, and no
   * spot attempt can make that much room.
   */
  function reserved() {
    const made = world(backfill, hostOf('kept', { vcpus: 8 }))
    const [long, spot] = [submit(made, { vcpus: 4 }), submit(made, { vcpus: 4, jobQueue: 'cheap' })]
    place(made)
    const head = submit(made, { vcpus: 8 })
    place(made)
    expect([claimed(made), told(made, [spot])]).toEqual([['kept'], []])
    return { made, long, spot, head }
  }

  test('even if a smaller head could use the room', () => {
    const { made, spot, head } = reserved()
    const smaller = submit(made, { vcpus: 4, jobQueue: 'second' })
    place(made)
    expect(told(made, [spot])).toEqual([])
    end(made, spot)
    place(made)
    expect([head, smaller].map((jobId) => status(made, jobId))).toEqual(['RUNNABLE', 'RUNNABLE'])
  })

  test('but attempts elsewhere do', () => {
    const { made, spot } = reserved()
    made.do(hostsSeen(hostOf('kept', { vcpus: 8 }), hostOf('free', { vcpus: 6 })))
    const there = submit(made, { vcpus: 6, jobQueue: 'cheap' })
    place(made)
    const smaller = submit(made, { vcpus: 4, jobQueue: 'second' })
    place(made)
    expect([hostNameOf(made, there), told(made, [spot, there])]).toEqual(['free', [there]])
    end(made, there)
    place(made)
    expect(hostNameOf(made, smaller)).toBe('free')
  })

  test('and room that comes free there does not count', () => {
    const made = world(backfill, hostOf('kept', { vcpus: 8 }), hostOf('free', { vcpus: 6 }))
    const long = submit(made, { vcpus: 3 })
    place(made)
    const there = submit(made, { vcpus: 3, jobQueue: 'cheap' })
    place(made)
    expect([long, there].map((jobId) => hostNameOf(made, jobId))).toEqual(['free', 'free'])
    const [run, leaving] = [submit(made, { vcpus: 4 }), submit(made, { vcpus: 4, jobQueue: 'cheap' })]
    place(made)
    const passing = submit(made, { vcpus: 4 })
    place(made)
    expect(told(made, [there, leaving])).toEqual([leaving])
    made.do(terminateJob({ jobId: passing, reason: 'changed my mind' }))
    const head = submit(made, { vcpus: 8 })
    place(made)
    expect([claimed(made), hostNameOf(made, run)]).toEqual([['kept'], 'kept'])
    const smaller = submit(made, { vcpus: 3, jobQueue: 'second' })
    place(made)
    expect(told(made, [there, leaving])).toEqual([there, leaving])
    end(made, leaving)
    place(made)
    end(made, there)
    place(made)
    expect([status(made, head), hostNameOf(made, smaller)]).toEqual(['RUNNABLE', 'free'])
  })
})

describe('while spot attempts leave for an on-demand job', () => {
  test('the last of maxvCpus are kept for it', () => {
    const made = world({ backfill: false }, hostOf('large', { vcpus: 4 }), hostOf('small', { vcpus: 2 }))
    made.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 5 } }))
    made.settle()
    const spot = submit(made, { vcpus: 4, jobQueue: 'cheap' })
    place(made)
    const wanted = submit(made, { vcpus: 4 })
    const [two, one] = [2, 1].map((vcpus) => submit(made, { vcpus, jobQueue: 'second' }))
    place(made)
    expect(told(made, [spot])).toEqual([spot])
    expect([wanted, two!, one!].map((jobId) => status(made, jobId))).toEqual(['RUNNABLE', 'RUNNABLE', 'RUNNABLE'])
    expect(new Explainer(made.state, made.now).why(made.job(two!))[0]).toMatchObject({
      kind: 'roomReserved',
      of: 'maxvCpus',
      computeEnvironment: 'ce',
      forJobId: wanted,
    })
    made.do(terminateJob({ jobId: two!, reason: 'one vCPU is left beside' }))
    place(made)
    expect(status(made, one!)).toBe('STARTING')
    end(made, spot)
    place(made)
    expect(hostNameOf(made, wanted)).toBe('large')
  })

  test('what it needs of consumable resources is kept for it', () => {
    const made = world({ backfill: false }, hostOf('large', { vcpus: 4 }), hostOf('small', { vcpus: 2 }))
    made.do(createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 1 }))
    const consumableResourcePropertiesOverride = {
      consumableResourceList: [{ consumableResource: 'licence', quantity: 1 }],
    }
    const spot = submit(made, { vcpus: 4, jobQueue: 'cheap' })
    place(made)
    const wanted = submit(made, { vcpus: 4, consumableResourcePropertiesOverride })
    const other = submit(made, { jobQueue: 'second', consumableResourcePropertiesOverride })
    place(made)
    expect([told(made, [spot]), status(made, wanted), status(made, other)]).toEqual([[spot], 'RUNNABLE', 'RUNNABLE'])
    end(made, spot)
    place(made)
    expect([status(made, wanted), status(made, other)]).toEqual(['STARTING', 'RUNNABLE'])
  })
})
