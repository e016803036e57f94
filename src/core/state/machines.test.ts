/** Drivers that offer one machine: what runs through one reduces the other's room. */
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { driverSeen } from '../instance/driver-seen.ts'
import { attemptEnded } from '../job/attempt.ts'
import {
  environmentRequest,
  exited,
  hostOf,
  makeWorld,
  needs,
  place,
  queueRequest,
  spotEnvironmentRequest,
  submit,
  type World,
} from '../world.testing.ts'

const whole = { ...hostOf('local'), machine: 'here' }
const healthy = { kind: 'healthy' } as const
const see = (world: World, driver: string, ...hosts: (typeof whole | ReturnType<typeof hostOf>)[]) =>
  world.do(driverSeen({ driver, health: healthy, hosts }))
const status = (world: World, jobId: string) => world.job(jobId).state.status
const why = (world: World, jobId: string) => waitText(new Explainer(world.state, world.now).explain(world.job(jobId))!)

const end = (world: World, jobId: string) =>
  world.do(attemptEnded({ jobId, attempt: liveAttempt(world.job(jobId))!.number, outcome: exited(0) }))

/** `q` is on the driver `scripted`, `plain` on `process`. */
function makeShared(): World {
  const world = makeWorld()
  see(world, 'scripted', whole)
  see(world, 'process', whole)
  world.do(environmentRequest('processes', 16, {}, { 'openbatch:driver': 'process' }))
  world.settle()
  world.do(queueRequest('plain', ['processes']))
  world.settle()
  return world
}

test('a machine is given out once, whichever driver a job runs on', () => {
  const world = makeShared()
  const container = submit(world, { vcpus: 3 })
  const inPlan = submit(world, { jobQueue: 'plain', vcpus: 1 })
  const waits = submit(world, { jobQueue: 'plain', vcpus: 2 })
  place(world)
  expect([container, inPlan, waits].map((jobId) => status(world, jobId))).toEqual(['STARTING', 'STARTING', 'RUNNABLE'])
  expect(why(world, waits)).toMatch(/the host with the most room has 0 vCPU and 7168 MiB free\. Held by/)
  expect(why(world, waits)).toContain(container)
  end(world, container)
  place(world)
  expect(liveAttempt(world.job(waits))).toMatchObject({ driver: 'process', hostName: 'local' })
})

test('a machine whose engine is away keeps what its attempts hold, also from others', () => {
  const world = makeShared()
  const container = submit(world, { vcpus: 3 })
  place(world)
  world.do(driverSeen({ driver: 'scripted', health: { kind: 'unreachable', why: 'no socket' } }))
  const waits = submit(world, { jobQueue: 'plain', vcpus: 2 })
  const fits = submit(world, { jobQueue: 'plain', vcpus: 1 })
  place(world)
  expect([container, waits, fits].map((jobId) => status(world, jobId))).toEqual(['STARTING', 'RUNNABLE', 'RUNNABLE'])
  expect(why(world, waits)).toContain('the host with the most room has 1 vCPU')
})

test('spot gives way to on-demand work of the other driver, and both have one price', () => {
  const world = makeShared()
  world.do(spotEnvironmentRequest('spare', 16, 60))
  world.settle()
  world.do(queueRequest('cheap', ['spare']))
  world.settle()
  const spot = submit(world, { jobQueue: 'cheap', vcpus: 2 })
  place(world)
  const onDemand = submit(world, { jobQueue: 'plain', vcpus: 3 })
  place(world)
  expect(world.job(spot).state).toMatchObject({ stopping: { kind: 'reclaimed', forJobId: onDemand } })
  end(world, spot)
  place(world)
  expect(status(world, onDemand)).toBe('STARTING')
  const late = submit(world, { jobQueue: 'cheap', vcpus: 1 })
  place(world)
  expect(why(world, late)).toContain('on-demand jobs hold 75 % of the vCPUs')
})

test('a driver gets nothing of the machine that it does not offer itself', () => {
  const world = makeShared()
  see(world, 'scripted', { ...whole, capacity: { ...whole.capacity, gpus: 1 } })
  const onGpu = {
    containerOverrides: { resourceRequirements: [...needs(1, 512), { type: 'GPU' as const, value: '1' }] },
  }
  const [process, container] = [submit(world, { jobQueue: 'plain', ...onGpu }), submit(world, onGpu)]
  place(world)
  expect([process, container].map((jobId) => status(world, jobId))).toEqual(['RUNNABLE', 'STARTING'])
  expect(why(world, process)).toContain('the largest host has 4 vCPU and 8192 MiB.')
})

describe('attempts are moved with their driver', () => {
  test('when it turns out to offer a machine that another offers', () => {
    const world = makeShared()
    see(world, 'scripted', hostOf('local'))
    const container = submit(world, { vcpus: 3 })
    place(world)
    expect(world.state.drivers.get('process')!.index.slot('local')!.taken.vcpus).toBe(0)
    see(world, 'scripted', whole)
    expect(world.state.drivers.get('process')!.index.slot('local')!.taken.vcpus).toBe(3)
    end(world, container)
    expect(world.state.drivers.get('process')!.index.slot('local')!.taken.vcpus).toBe(0)
  })

  test('and when it offers another machine from now on', () => {
    const world = makeShared()
    submit(world, { vcpus: 3 })
    submit(world, { jobQueue: 'plain', vcpus: 1 })
    place(world)
    see(world, 'scripted', { ...whole, machine: 'elsewhere' })
    const taken = (driver: string) => world.state.drivers.get(driver)!.index.slot('local')!.taken.vcpus
    expect([taken('scripted'), taken('process')]).toEqual([3, 1])
  })
})
