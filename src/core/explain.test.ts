/** Why a job waits, in words: AWS's where AWS has some, and the figures that decided. */
import { expect, test } from 'vitest'
import { updateComputeEnvironment } from './decide/compute-environment.ts'
import { driverSeen } from './decide/driver.ts'
import { Explainer } from './explain.ts'
import { codeOf, waitText } from './wait-reason.ts'
import {
  environmentRequest,
  hostOf,
  hostsSeen,
  makeWorld,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from './world.testing.ts'

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
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue. The job asks for 5 vCPU and 512 MiB; the largest host has 4 vCPU and 8192 MiB.',
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

test('behind another: the position, and what holds up the head', () => {
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

test('of each environment of the queue, that with the nearest chance first', () => {
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
  expect(reasons.map(waitText)).toEqual([
    `Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free. Held by ${holder}.`,
    'In narrow: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job. The job asks for 2 vCPU; maxvCpus is 1.',
    'In spare: Waiting for spot capacity: on-demand jobs hold 75 % of the vCPUs, the bid of spare is 50 %.',
  ])
  expect(reasons.map(codeOf)).toEqual([undefined, 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', undefined])
})

test('what can never fit is in nobody’s way, and goes when a host comes that holds it', () => {
  const world = makeWorld()
  const huge = submit(world, { vcpus: 8 })
  const small = submit(world)
  place(world)
  expect([huge, small].map((id) => world.job(id).state.status)).toEqual(['RUNNABLE', 'STARTING'])
  world.do(hostsSeen(hostOf('h1'), hostOf('h2', { vcpus: 8 })))
  place(world)
  expect(world.job(huge).state).toMatchObject({ status: 'STARTING', attempt: { hostName: 'h2' } })
})

test('what does not wait needs no reason', () => {
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
