/**
 * Which drivers a server has: its configuration decides, whatever compute environments ask for. No
 * driver with live attempts is forgotten.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createComputeEnvironment } from '../core/compute-environment/decide.ts'
import type { Command } from '../core/decision.ts'
import { terminateJob } from '../core/job/cancel.ts'
import { submitJob } from '../core/job/submit.ts'
import { registerJobDefinition } from '../core/job-definition/decide.ts'
import { driverKinds } from '../drivers/catalogue.ts'
import type { DriverPlace } from '../drivers/driver-kind.ts'
import { scripted } from '../drivers/scripted/kind.ts'
import { ConnectionRoom } from '../ground/connection-room.ts'
import { isRefusal } from '../model/refusal.ts'
import { offerDrivers } from './drivers.ts'
import { loadConfiguration } from './start/configuration.ts'
import { type Core, startOpenbatch } from './start/openbatch.ts'

let dataDir: string
let stop: (() => Promise<void>) | undefined
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-drivers-'))
})
afterEach(async () => {
  await stop?.()
  stop = undefined
  rmSync(dataDir, { recursive: true })
})

/** A server without an engine and without an edge, after an orderly stop of the previous one. */
async function serve(driver: string, more: Record<string, unknown> = {}) {
  await stop?.()
  const configuration = loadConfiguration({
    env: kindsOf(more),
    options: { driver, ...more, 'drivers.docker.host': `unix://${join(dataDir, 'no-engine.sock')}` },
  })
  let core: Core | undefined
  const server = await startOpenbatch({
    configuration,
    dataDir,
    log: pino({ level: 'silent' }),
    makeEdge(given) {
      core = given
      return { listen: async () => 1, handle: () => {}, connections: new ConnectionRoom(10), close: async () => {} }
    },
    failpoint: undefined,
    onBroken(error) {
      throw error
    },
  })
  stop = server.stop
  const { loop, store } = core!
  return {
    drivers: [...server.drivers.keys()],
    loop,
    store,
    status: (name: string) => loop.state.computeEnvironments.get(name)!.status,
    async take<Answer>(command: Command<Answer>): Promise<Answer> {
      const answer = await loop.execute(command)
      if (isRefusal(answer)) throw new Error(answer.message)
      return answer
    },
  }
}

/** Variables define the drivers whose name is not a kind. */
function kindsOf(settings: Record<string, unknown>): Record<string, string> {
  const kinds = Object.entries(settings).flatMap(([path, kind]) => {
    const name = /^drivers\.(\w+)\.kind$/.exec(path)?.[1]
    return name === undefined ? [] : [[`OPENBATCH_DRIVERS_${name.toUpperCase()}_KIND`, String(kind)]]
  })
  return Object.fromEntries(kinds)
}

const onDriver = (name: string, driver: string) =>
  createComputeEnvironment({
    computeEnvironmentName: name,
    type: 'MANAGED',
    computeResources: {
      ...({ type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceRole: 'none' } as const),
      ...{ instanceTypes: ['optimal'], subnets: [] },
    },
    tags: { 'openbatch:driver': driver },
  })

/** The consequences of a change follow soon after it. */
const until = (holds: () => boolean) => expect.poll(holds, { timeout: 15_000, interval: 20 }).toBe(true)

test('a tag that names a driver does not offer it, neither now nor at the next start', async () => {
  let server = await serve('process')
  expect(server.drivers).toEqual(['process'])
  for (const driver of ['docker', 'scripted']) {
    await server.take(onDriver(driver, driver))
    await until(() => server.status(driver) === 'INVALID')
  }
  server = await serve('process')
  expect(server.drivers).toEqual(['process'])
  expect(['docker', 'scripted', 'default'].map(server.status)).toEqual(['INVALID', 'INVALID', 'VALID'])

  // The configuration offers the driver.
  server = await serve('scripted')
  expect(server.drivers).toEqual(['process', 'scripted'])
  expect(['docker', 'scripted'].map(server.status)).toEqual(['INVALID', 'VALID'])
})

test('the server waits for an engine that compute environments run on', async () => {
  await serve('docker')
  const { drivers, status, loop } = await serve('process')
  expect(drivers).toEqual(['docker', 'process'])
  expect(status('default')).toBe('VALID')
  expect(loop.state.drivers.get('docker')?.health.kind).toBe('unreachable')
})

test('attempts on a driver that is no longer configured are followed, and no new ones start there', async () => {
  await followsWhatRuns('scripted')
})

test('so are attempts on a driver whose name does not say its kind', async () => {
  await followsWhatRuns('play', { 'drivers.play.kind': 'scripted' })
})

test('a compute environment’s tag gives a driver by its name', async () => {
  const server = await serve('process', { 'drivers.play.kind': 'scripted' })
  expect(server.drivers).toEqual(['process', 'play'])
  for (const driver of ['play', 'scripted']) await server.take(onDriver(driver, driver))
  await until(() => server.status('play') === 'VALID' && server.status('scripted') === 'INVALID')
  expect(server.loop.state.computeEnvironments.get('scripted')!.statusReason).toBe(
    'CLIENT_ERROR - The tag openbatch:driver names the driver scripted, which is not configured. Configured: process, play.',
  )
})

test('a driver with jobs cannot change its kind', async () => {
  const server = await serve('play', { 'drivers.play.kind': 'scripted' })
  await startOneThatStays(server)
  await expect(serve('play', { 'drivers.play.kind': 'process' })).rejects.toThrow(
    'Jobs run on the driver play, which was of the kind scripted when they were started; the configuration says process.',
  )
  stop = undefined
  const again = await serve('play', { 'drivers.play.kind': 'scripted' })
  expect([...again.loop.state.jobs.values()].map((job) => job.state.status)).toEqual(['RUNNING'])
})

type Server = Awaited<ReturnType<typeof serve>>

async function startOneThatStays(server: Server): Promise<string> {
  await server.take(
    registerJobDefinition(
      {
        jobDefinitionName: 'stay',
        type: 'container',
        containerProperties: {
          image: 'none',
          command: ['trap TERM 7', 'wait'],
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: '64' },
          ],
        },
      },
      'admin',
    ),
  )
  const { jobId } = await server.take(submit())
  await until(() => server.loop.state.jobs.get(jobId)?.state.status === 'RUNNING')
  return jobId
}

const submit = () => submitJob({ jobName: 'stay', jobQueue: 'default', jobDefinition: 'stay' }, 'admin')

async function followsWhatRuns(driver: string, settings: Record<string, unknown> = {}): Promise<void> {
  let server = await serve(driver, settings)
  const jobId = await startOneThatStays(server)
  const statusOf = (id: string) => server.loop.state.jobs.get(id)?.state.status
  server = await serve('process')
  expect(server.drivers).toEqual(['process'])
  expect(server.status('default')).toBe('INVALID')
  expect(statusOf(jobId)).toBe('RUNNING')
  const later = await server.take(submit())
  await until(() => statusOf(later.jobId) === 'RUNNABLE')
  await server.take(terminateJob({ jobId, reason: 'enough' }))
  await until(() => statusOf(jobId) === undefined)
  expect(server.store.getJobs([jobId]).get(jobId)).toMatchObject({
    state: { status: 'FAILED' },
    attempts: [{ exitCode: 7 }],
  })
  expect(statusOf(later.jobId)).toBe('RUNNABLE')
}

test('every driver is given what jobs must not mount: the server’s own, and what other drivers use', async () => {
  const given = new Map<string, readonly string[]>()
  const kinds = driverKinds.map((kind) => ({
    ...kind,
    probe: async () => ({ answers: true, because: '' }),
    async create(settings: never, place: DriverPlace) {
      given.set(place.identity, place.guarded)
      return scripted.create({ ...(settings as object), capacity: [] } as never, place)
    },
  }))
  const settings = {
    ...{
      'jobs.scratch.directory': '/data/scratch',
      'metrics.tokenFile': 'token',
      'drivers.docker.host': 'unix:///srv/e',
    },
    'drivers.process.openDirectory': '/srv/open',
  }
  const env = kindsOf({ 'drivers.second.kind': 'docker' })
  const configuration = loadConfiguration({ env, options: settings })
  const log = pino({ level: 'silent' })
  const { drivers } = await offerDrivers({ configuration, dataDir, installationId: 'me', log, kinds }, [])
  for (const driver of drivers.values()) await driver.close()
  expect([...given.keys()].toSorted()).toEqual(['me', 'me.second'].toSorted())
  for (const guarded of given.values())
    expect(guarded).toEqual(
      expect.arrayContaining([
        ...[dataDir, join(dataDir, 'token'), '/srv/open', '/srv/e', '/data/scratch/me', '/data/scratch/me.second'],
      ]),
    )
})
