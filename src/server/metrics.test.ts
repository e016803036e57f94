/** What Prometheus reads, from states whose figures are known. */
import { tmpdir } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { driverSeen } from '../core/instance/driver-seen.ts'
import { hostOf, hostsSeen, makeWorld, place, queueRequest, submit, type World } from '../core/world.testing.ts'
import { createMetrics } from './metrics.ts'

function metricsOf(world: World, more: Partial<Parameters<typeof createMetrics>[0]> = {}) {
  const loop = { state: world.state, storeTrouble: undefined, commandsWaiting: 3, effectsWaiting: 0 }
  return createMetrics({ loop, sinks: () => [], dataDir: tmpdir(), now: () => world.now, ...more })
}

/** Our own samples, by name and labels. */
async function read(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const lines = (await metrics.read()).split('\n').filter((line) => line.startsWith('openbatch_'))
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/ (\S+)$/.exec(line)![1])]))
}

afterEach(() => vi.restoreAllMocks())

describe('jobs', () => {
  test('are counted by queue and status, arrays as their children', async () => {
    const world = makeWorld()
    world.do(queueRequest('empty', ['ce']))
    world.settle()
    const first = submit(world, { vcpus: 2 })
    submit(world, { dependsOn: [{ jobId: first }] })
    submit(world, { arrayProperties: { size: 7 } })
    place(world)
    const figures = await read(metricsOf(world))
    const counts = (job_queue: string) =>
      Object.fromEntries(
        ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'].map((status) => [
          status,
          figures[`openbatch_jobs{job_queue="${job_queue}",status="${status}"}`],
        ]),
      )
    // Of 4 vCPUs, the first job takes 2 and two children take one each.
    expect(counts('q')).toEqual({ SUBMITTED: 0, PENDING: 1, RUNNABLE: 5, STARTING: 3, RUNNING: 0 })
    expect(counts('empty')).toEqual({ SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 })
    expect(Object.keys(figures).filter((name) => name.startsWith('openbatch_jobs{'))).toHaveLength(10)
  })

  test('the oldest RUNNABLE job of a queue has its waiting time', async () => {
    const world = makeWorld()
    const key = 'openbatch_oldest_runnable_seconds{job_queue="q"}'
    const metrics = metricsOf(world)
    expect((await read(metrics))[key]).toBe(0)
    submit(world, { vcpus: 5 })
    const submittedAtMs = world.now
    world.now += 90_000
    submit(world, { arrayProperties: { size: 2 }, vcpus: 5 })
    expect((await read(metrics))[key]).toBe((world.now - submittedAtMs) / 1000)
    world.now += 10_000
    expect((await read(metrics))[key]).toBe((world.now - submittedAtMs) / 1000)
  })

  test('the waiting children of an array count from its submission', async () => {
    const world = makeWorld()
    submit(world, { arrayProperties: { size: 2 }, vcpus: 5 })
    const submittedAtMs = world.now
    world.now += 60_000
    const figures = await read(metricsOf(world))
    expect(figures['openbatch_oldest_runnable_seconds{job_queue="q"}']).toBe((world.now - submittedAtMs) / 1000)
  })

  test('a deleted queue has no figures left', async () => {
    const world = makeWorld()
    const metrics = metricsOf(world)
    await read(metrics)
    world.state.jobQueues.delete('q')
    world.now += 5000
    expect(Object.keys(await read(metrics)).filter((name) => name.includes('"q"'))).toEqual([])
  })

  test('very many jobs are counted in pieces, once a second, however many readers ask', async () => {
    const world = makeWorld()
    world.checksEachStep = false
    const jobId = submit(world, { vcpus: 5 })
    const job = world.job(jobId)
    for (let index = 0; index < 300_000; index++) world.state.jobs.set(`${jobId}-${index}`, job)
    const walks = vi.spyOn(world.state.jobs, 'values')
    const metrics = metricsOf(world)
    const both = Promise.all([read(metrics), read(metrics)])
    let turns = 0
    let isDone = false
    void both.then(() => {
      isDone = true
    })
    while (!isDone) {
      await setImmediate()
      turns++
    }
    const [figures, same] = await both
    expect(figures['openbatch_jobs{job_queue="q",status="RUNNABLE"}']).toBe(300_001)
    expect(same).toEqual(figures)
    // Other work had its turn meanwhile, and a second reader soon after costs no second walk.
    expect(turns).toBeGreaterThan(2)
    await read(metrics)
    expect(walks).toHaveBeenCalledTimes(1)
    world.now += 1000
    await read(metrics)
    expect(walks).toHaveBeenCalledTimes(2)
  })
})

describe('capacity', () => {
  test('is what hosts of one size have, hold and leave, by driver', async () => {
    const world = makeWorld()
    world.do(hostsSeen(hostOf('h1'), hostOf('h2'), hostOf('big', { vcpus: 16, memoryMib: 65_536, gpus: 2 })))
    submit(world, { vcpus: 3 })
    place(world)
    const figures = await read(metricsOf(world))
    const of = (name: string, size: string) => figures[`openbatch_${name}{driver="scripted",host_class="${size}"}`]
    const [small, big] = ['4vcpu-8192mib', '16vcpu-65536mib-2gpu']
    expect([of('hosts', small), of('hosts', big)]).toEqual([2, 1])
    expect([of('capacity_vcpus', small), of('held_vcpus', small), of('free_vcpus', small)]).toEqual([8, 3, 5])
    const memory = ['capacity_memory_bytes', 'held_memory_bytes', 'free_memory_bytes'].map((name) => of(name, small))
    expect(memory).toEqual([16_384, 512, 15_872].map((mib) => mib * 1024 * 1024))
    expect([of('capacity_gpus', big), of('held_gpus', big), of('free_gpus', big)]).toEqual([2, 0, 2])
    expect(figures['openbatch_driver_healthy{driver="scripted"}']).toBe(1)
  })

  test('a host that is no longer offered has nothing free, and its jobs still count', async () => {
    const world = makeWorld()
    submit(world, { vcpus: 3 })
    place(world)
    world.do(driverSeen({ driver: 'scripted', health: { kind: 'healthy' }, hosts: [] }))
    const figures = await read(metricsOf(world))
    const of = (name: string) => figures[`openbatch_${name}{driver="scripted",host_class="withdrawn"}`]
    expect([of('hosts'), of('capacity_vcpus'), of('held_vcpus'), of('free_vcpus')]).toEqual([1, 0, 3, 0])
  })

  test('has few labels, however many sizes of hosts there are', async () => {
    const world = makeWorld()
    const sizes = Array.from({ length: 100 }, (_, at) => hostOf(`x${at}`, { vcpus: at + 1 }))
    world.do(
      hostsSeen(
        ...sizes,
        ...sizes.map((it) => ({ ...it, hostName: `y${it.hostName}` })),
        hostOf('one', { vcpus: 500 }),
      ),
    )
    const figures = await read(metricsOf(world))
    const names = Object.keys(figures).filter((name) => name.startsWith('openbatch_hosts{'))
    expect(names).toHaveLength(17)
    expect(figures['openbatch_hosts{driver="scripted",host_class="other"}']).toBe(201 - 32)
    const total = names.map((name) => figures[name.replace('hosts', 'capacity_vcpus')]!).reduce((sum, it) => sum + it)
    expect(total).toBe(2 * 5050 + 500)
  })
})

test('there are figures of the data directory’s disk, the loop, the store, and the delay of the event loop', async () => {
  const world = makeWorld()
  const metrics = metricsOf(world)
  const figures = await read(metrics)
  expect(figures).toMatchObject({ openbatch_commands_waiting: 3, openbatch_store_writable: 1 })
  const { openbatch_data_disk_size_bytes: size, openbatch_data_disk_free_bytes: free } = figures
  expect(size).toBeGreaterThan(1024 * 1024)
  expect(free).toBeGreaterThan(0)
  expect(free).toBeLessThanOrEqual(size!)
  expect(await metrics.read()).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m)
})

test('a disk that does not answer has no figures, and the others are served', async () => {
  const figures = await read(metricsOf(makeWorld(), { dataDir: '/nowhere/at/all' }))
  expect(Object.keys(figures).filter((name) => name.includes('disk'))).toEqual([])
  expect(figures.openbatch_store_writable).toBe(1)
})

test('other parts add figures of their own, left out while undefined', async () => {
  const metrics = metricsOf(makeWorld())
  let age: number | undefined
  metrics.gauge('openbatch_age_seconds', 'An age', () => age)
  expect(await read(metrics)).not.toHaveProperty('openbatch_age_seconds')
  age = 7
  expect(await read(metrics)).toHaveProperty('openbatch_age_seconds', 7)
  age = undefined
  expect(await read(metrics)).not.toHaveProperty('openbatch_age_seconds')
})

test('waiting events are counted by sink', async () => {
  const sinks = () => [{ sink: 'file', waiting: 5, delivered: 2, failed: 1, dropped: 0 }]
  expect(await read(metricsOf(makeWorld(), { sinks }))).toMatchObject({
    'openbatch_events_waiting{sink="file"}': 5,
    'openbatch_events_delivered_total{sink="file"}': 2,
    'openbatch_event_sends_failed_total{sink="file"}': 1,
  })
})

test('turns and requests are counted by duration', async () => {
  const metrics = metricsOf(makeWorld())
  metrics.measured('turn', 0.003)
  metrics.measured('append', 0.002)
  metrics.answered({ service: 'batch', operation: 'SubmitJob', httpStatus: 200, seconds: 0.02 })
  metrics.answered({ service: 'batch', operation: 'SubmitJob', httpStatus: 429, seconds: 0.2 })
  const figures = await read(metrics)
  expect(figures).toMatchObject({
    'openbatch_turn_seconds_bucket{le="0.0025"}': 0,
    'openbatch_turn_seconds_bucket{le="0.005"}': 1,
    openbatch_append_seconds_count: 1,
    openbatch_pass_seconds_count: 0,
    'openbatch_request_seconds_bucket{le="0.025",service="batch",operation="SubmitJob"}': 1,
    'openbatch_request_seconds_count{service="batch",operation="SubmitJob"}': 2,
    'openbatch_requests_total{service="batch",operation="SubmitJob",status="2xx"}': 1,
    'openbatch_requests_total{service="batch",operation="SubmitJob",status="4xx"}': 1,
  })
})
