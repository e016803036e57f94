/** Why a job waits, in words: AWS's where AWS has some, and the figures that decided. */
import { expect, test, vi } from 'vitest'
import { updateComputeEnvironment } from '../compute-environment/decide.ts'
import { createConsumableResource, updateConsumableResource } from '../consumable-resource/decide.ts'
import { driverSeen } from '../instance/driver-seen.ts'
import { attemptEnded } from '../job/attempt.ts'
import { childWithoutRecord } from '../job/child-without-record.ts'
import { jobQueueSnapshot } from '../job-queue/snapshot.ts'
import { createSchedulingPolicy } from '../scheduling-policy/decide.ts'
import { HostIndex } from '../state/host-index.ts'
import { rulesOfAws } from '../state/state.ts'
import { tagResource } from '../tag/decide.ts'
import {
  environmentRequest,
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  needs,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from '../world.testing.ts'
import { Explainer } from './explain.ts'
import { codeOf, timeLimitReasonOf, waitText } from './wait-reason.ts'

const why = (world: World, jobId: string) => {
  const reason = new Explainer(world.state, world.now).explain(world.job(jobId))
  return reason && waitText(reason)
}
const disable = updateComputeEnvironment({ computeEnvironment: 'ce', state: 'DISABLED' })
const away = driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'no socket' } })

test.each<[string, (world: World) => string, string]>([
  [
    'more than maxvCpus',
    (world) => submit(world, { vcpus: 17 }),
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job. The job asks for 17 vCPU; maxvCpus is 16.',
  ],
  [
    'more than any host has',
    (world) => submit(world, { vcpus: 5 }),
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue. The job asks for 5 vCPU and 512 MiB; the largest host has 4 vCPU and 8192 MiB. An operator can offer more with drivers.scripted.vcpus.',
  ],
  [
    'hosts that are busy',
    (world) => {
      submit(world, { vcpus: 3 })
      return submit(world, { vcpus: 2 })
    },
    'Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free. Held by 00000000-0000-4000-8000-000000000002.',
  ],
  [
    'maxvCpus in use',
    (world) => {
      world.do(hostsSeen(hostOf('h1', { vcpus: 64 })))
      submit(world, { vcpus: 15 })
      return submit(world, { vcpus: 2 })
    },
    'Waiting for capacity: needs 2 vCPU; 15 of the 16 maxvCpus of ce are in use.',
  ],
  [
    'an engine that is away',
    (world) => {
      world.do(away)
      return submit(world)
    },
    'Waiting for the engine: the scripted driver cannot be reached (no socket).',
  ],
  [
    'a disabled environment',
    (world) => {
      world.do(disable)
      return submit(world)
    },
    'Waiting: the compute environment ce is DISABLED.',
  ],
])('%s', (_name, make, text) => {
  const world = makeWorld()
  const jobId = make(world)
  place(world)
  expect(world.job(jobId).state.status).toBe('RUNNABLE')
  expect(why(world, jobId)).toBe(text)
})

test('behind another job: the position, and what holds up the head', () => {
  const world = makeWorld()
  submit(world, { vcpus: 3 })
  const head = submit(world, { vcpus: 2 })
  submit(world, { arrayProperties: { size: 10 } })
  const last = submit(world)
  place(world)
  expect(why(world, last)).toBe(
    `Waiting for its turn: position 12 in the queue, behind job ${head}. That job: Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free.`,
  )
})

test('a job that can never fit has no position, and nobody stands behind it', () => {
  const world = makeWorld()
  submit(world, { vcpus: 3 })
  const head = submit(world, { vcpus: 2 })
  submit(world, { vcpus: 8 })
  submit(world, { vcpus: 8, arrayProperties: { size: 10 } })
  const last = submit(world)
  place(world)
  expect(why(world, last)).toContain(`position 2 in the queue, behind job ${head}.`)
})

test('the reasons that children share are looked up once for all of them, on a host of any size', () => {
  const vcpus = 1_000_000_000
  const world = makeWorld()
  world.do(hostsSeen(hostOf('h1', { vcpus, memoryMib: 4 * vcpus })))
  world.do(environmentRequest('wide', 2 * vcpus))
  world.settle()
  world.do(queueRequest('big', ['wide']))
  world.settle()
  const holder = submit(world, { jobQueue: 'big', vcpus })
  const array = submit(world, { jobQueue: 'big', arrayProperties: { size: 1000 } })
  place(world)
  const fits = vi.spyOn(HostIndex.prototype, 'roomFor')
  const looks = vi.spyOn(HostIndex.prototype, 'mostFree')
  const explainer = new Explainer(world.state, world.now)
  const reasons = Array.from({ length: 1000 }, (_, index) =>
    explainer.why(childWithoutRecord(world.job(array), index)!),
  )
  const positions = reasons.map(([first]) => (first?.kind === 'behind' ? first.position : undefined))
  expect(positions).toEqual([undefined, ...Array.from({ length: 999 }, (_, before) => before + 2)])
  const own = { kind: 'hostsBusy', holders: [holder], largestFree: { vcpus: 0 } }
  for (const all of reasons) expect(all.at(-1)).toMatchObject(own)
  // One plan, and one question for a job that is alone. The figures and the holders of each are
  // those of the host with the most room.
  expect(fits.mock.calls.length).toBeLessThanOrEqual(2)
  expect(looks.mock.calls.length).toBeLessThanOrEqual(3)
  vi.restoreAllMocks()
})

test('each environment of the queue is explained, the one with the nearest chance first', () => {
  const world = makeWorld()
  for (const request of [spotEnvironmentRequest('spare', 16, 50), environmentRequest('narrow', 1)]) world.do(request)
  world.settle()
  world.do(queueRequest('mixed', ['narrow', 'spare', 'ce']))
  world.settle()
  const holder = submit(world, { vcpus: 3 })
  place(world)
  const jobId = submit(world, { jobQueue: 'mixed', vcpus: 2 })
  place(world)
  const reasons = new Explainer(world.state, world.now).why(world.job(jobId))
  expect(reasons.map((reason) => waitText(reason))).toEqual([
    `Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free. Held by ${holder}.`,
    'In narrow: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job. The job asks for 2 vCPU; maxvCpus is 1.',
    'In spare: Waiting for spot capacity: on-demand jobs hold 75 % of the vCPUs, the bid of spare is 50 %.',
  ])
  expect(reasons.map(codeOf)).toEqual([undefined, 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', undefined])
})

test('a job that can never fit blocks nobody, and starts when a large enough host comes', () => {
  const world = makeWorld()
  const huge = submit(world, { vcpus: 8 })
  const small = submit(world)
  place(world)
  expect([huge, small].map((id) => world.job(id).state.status)).toEqual(['RUNNABLE', 'STARTING'])
  world.do(hostsSeen(hostOf('h1'), hostOf('h2', { vcpus: 8 })))
  place(world)
  expect(world.job(huge).state).toMatchObject({ status: 'STARTING', attempt: { hostName: 'h2' } })
})

test('a job that does not wait needs no reason', () => {
  const world = makeWorld()
  const jobId = submit(world)
  expect(why(world, jobId)).toBe('About to start.')
  place(world)
  expect(why(world, jobId)).toBeUndefined()
})

test('queues are served by priority, environments in their order, hosts from the fullest on', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('big', { vcpus: 8 }), hostOf('small', { vcpus: 2 })))
  world.do(environmentRequest('first', 2))
  world.settle()
  world.do(queueRequest('urgent', ['first', 'ce'], 9))
  world.settle()
  const late = submit(world, { vcpus: 8 })
  const urgent = [0, 1, 2].map(() => submit(world, { jobQueue: 'urgent' }))
  place(world)
  const attempt = (jobId: string) => {
    const { state } = world.job(jobId)
    return state.status === 'STARTING' ? [state.attempt.computeEnvironment, state.attempt.hostName] : state.status
  }
  expect(urgent.map(attempt)).toEqual([
    ['first', 'small'],
    ['first', 'small'],
    ['ce', 'big'],
  ])
  expect(attempt(late)).toBe('RUNNABLE')
})

test('a job that needs more of a resource than exists steps aside until there is more', () => {
  const world = makeWorld()
  world.do(createConsumableResource({ consumableResourceName: 'licence', totalQuantity: 1 }))
  const licensed = {
    consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource: 'licence', quantity: 2 }] },
  }
  const [greedy, plain] = [submit(world, licensed), submit(world)]
  place(world)
  expect([greedy, plain].map((id) => world.job(id).state.status)).toEqual(['RUNNABLE', 'STARTING'])
  expect(why(world, greedy)).toBe('Waiting for consumable resource licence: needs 2, there are 1 in all.')
  world.do(updateConsumableResource({ consumableResource: 'licence', operation: 'ADD', quantity: 1 }))
  place(world)
  expect(world.job(greedy).state.status).toBe('STARTING')
})

const onGpu = { containerOverrides: { resourceRequirements: [...needs(1, 512), { type: 'GPU' as const, value: '1' }] } }

test('the loss of a host that could hold the job is not a misconfiguration', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('h1'), hostOf('h2', { gpus: 1 })))
  world.do(hostsSeen(hostOf('h1')))
  const [jobId, other] = [submit(world, onGpu), submit(world)]
  place(world)
  const reason = new Explainer(world.state, world.now).explain(world.job(jobId))!
  expect(waitText(reason)).toBe(
    'Waiting for a host: needs 1 vCPU and 512 MiB and 1 GPU; the scripted driver had hosts that could hold it, and offers none now.',
  )
  expect([codeOf(reason), timeLimitReasonOf(reason)]).toEqual([undefined, undefined])
  expect(world.job(other).state.status).toBe('STARTING')
})

test('the reported room is that of a host that could hold the job', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('cpu', { vcpus: 16, memoryMib: 65_536 }), hostOf('gpu', { vcpus: 4, gpus: 1 })))
  const holder = submit(world, onGpu)
  place(world)
  const jobId = submit(world, onGpu)
  place(world)
  expect(why(world, jobId)).toBe(
    `Waiting for capacity: needs 1 vCPU and 512 MiB and 1 GPU; the host with the most room has 3 vCPU and 7680 MiB free. Held by ${holder}.`,
  )
})

test('all children of an array wait behind the earlier ones, and an array waits for its children’s partners', () => {
  const world = makeWorld()
  submit(world, { vcpus: 4 })
  const array = submit(world, { arrayProperties: { size: 1000 } })
  const paired = submit(world, { arrayProperties: { size: 1000 }, dependsOn: [{ jobId: array, type: 'N_TO_N' }] })
  place(world)
  const explainer = new Explainer(world.state, world.now)
  expect(explainer.why(childWithoutRecord(world.job(array), 999)!)).toMatchObject([
    { kind: 'behind', position: 1000, headJobId: `${array}:0`, head: { kind: 'hostsBusy' } },
    { kind: 'hostsBusy' },
  ])
  expect(why(world, paired)).toBe(`Waiting for jobs it depends on: ${array}:0 (RUNNABLE).`)
})

test('the last places of a limit, and a limit behind a head, are reported as themselves', () => {
  const world = makeWorld(undefined, { ...rulesOfAws, backfill: true })
  world.do(
    tagResource(
      'arn:aws:batch:us-west-2:123456789012:job-queue/q',
      { 'openbatch:maxConcurrent': '2' },
      () => undefined,
    ),
  )
  submit(world)
  place(world)
  const head = submit(world, { vcpus: 4 })
  const behind = submit(world)
  place(world)
  expect(why(world, behind)).toBe(
    `Waiting for a limit: what may still run beside those that do is kept for job ${head}, which is ahead.`,
  )
})

test('the snapshot of a queue begins with the head that reserved room', () => {
  const world = makeWorld(undefined, { ...rulesOfAws, backfill: true })
  world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { shareDecaySeconds: 60 } }))
  world.do(queueRequest('fair', ['ce'], 1, 'p'))
  world.settle()
  const ask = (shareIdentifier: string, vcpus: number) =>
    submit(world, { jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride: 0, vcpus })
  for (const [share, vcpus] of [
    ['a', 2],
    ['b', 1],
  ] as const)
    ask(share, vcpus)
  place(world)
  world.now += 100_000
  const head = ask('b', 4)
  place(world)
  ask('c', 2)
  place(world)
  expect(new Explainer(world.state, world.now).headOf('fair')?.jobId).toBe(head)
  const { frontOfQueue } = jobQueueSnapshot(world.state, world.state.jobQueues.get('fair')!, world.now)
  expect(frontOfQueue!.jobs![0]!.jobArn).toMatch(new RegExp(`/${head}$`))
})

test('a share that becomes active makes room for the others at once', () => {
  const world = makeWorld()
  world.do(hostsSeen(hostOf('h1', { vcpus: 16, memoryMib: 65_536 })))
  world.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { computeReservation: 50 } }))
  world.do(queueRequest('fair', ['ce'], 1, 'p'))
  world.settle()
  const ask = (shareIdentifier: string, more = {}) =>
    submit(world, { jobQueue: 'fair', shareIdentifier, schedulingPriorityOverride: 0, ...more })
  const ids = Array.from({ length: 16 }, () => ask('a'))
  place(world)
  expect(world.state.taken.get('ce')!.vcpus).toBe(8)
  ask('b', { dependsOn: [{ jobId: ids[0]! }] })
  place(world)
  expect(world.state.taken.get('ce')!.vcpus).toBe(12)
})

test('an array with running children says what the next child waits for, and names who else holds the room', () => {
  const world = makeWorld()
  const other = submit(world)
  place(world)
  const array = submit(world, { vcpus: 2, arrayProperties: { size: 4 } })
  place(world)
  const busy =
    'Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7168 MiB free.'
  expect(why(world, array)).toBe(`1 of 4 children run. The next: ${busy} Held by its own children, ${other}.`)
  world.do(attemptEnded({ jobId: other, attempt: 1, outcome: exited(0) }))
  world.do(hostsSeen(hostOf('h1', { vcpus: 3, memoryMib: 8192 })))
  place(world)
  expect(why(world, array)).toBe(
    '1 of 4 children run. The next: Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free. Held by its own children.',
  )
})
