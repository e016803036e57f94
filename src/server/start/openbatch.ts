/**
 * A whole server: everything constructed, started in order and stopped in the opposite one. Running jobs are not touched by either.
 */
import { mkdirSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import type { Logger } from 'pino'
import { settleComputeEnvironment } from '../../core/decide/compute-environment.ts'
import { endsUnread } from '../../core/decide/driver.ts'
import { settleJobQueue } from '../../core/decide/job-queue.ts'
import { settleResource } from '../../core/decide/settle-resource.ts'
import type { Command } from '../../core/decision.ts'
import { type Effect, resume } from '../../core/react.ts'
import type { Rules } from '../../core/state.ts'
import { holdDataDirectory } from '../../data-directory/hold.ts'
import type { Driver } from '../../drivers/driver.ts'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { inPieces, SteadyPace } from '../../ground/pace.ts'
import { openFileLogStore } from '../../logs/file/file-log-store.ts'
import type { LogStore } from '../../logs/log-store.ts'
import { openSecrets, secretsFilePath } from '../../secrets/secrets.ts'
import type { Store } from '../../store/store.ts'
import { secretsFrom } from '../container-secrets.ts'
import { driversToFollow, offerDrivers } from '../drivers.ts'
import { Announcer } from '../events/announcer.ts'
import { Delivery } from '../events/delivery.ts'
import { sinksOf } from '../events/settings.ts'
import { failpointsFrom } from '../failpoints.ts'
import { Hosts } from '../hosts.ts'
import { newId } from '../ids.ts'
import { JobDoors } from '../job-doors.ts'
import { type Clocks, LookingClock } from '../looking-clock.ts'
import { Loop } from '../loop.ts'
import { createMetrics, type ServerMetrics } from '../metrics.ts'
import { Orphans } from '../orphans.ts'
import { deletingJobs, deletingLogs, Retention, type RetentionOptions } from '../retention.ts'
import { Supervisor } from '../supervisor.ts'
import { TimeLimits } from '../time-limits.ts'
import { untilTaken } from '../until-taken.ts'
import type { Configuration } from './configuration.ts'
import { makeDefaults } from './defaults.ts'
import { Epoch } from './epoch.ts'
import { explainedDatabase, openStore } from './open-store.ts'

const hostsEveryMs = 5_000
const orphansEveryMs = 60_000
const timeLimitsEveryMs = 5_000

/** What the HTTP edge works with. */
export interface Core {
  readonly account: string
  readonly region: string
  readonly loop: Loop
  readonly store: Store
  readonly logs: LogStore
  readonly metrics: ServerMetrics
  readonly epoch: Epoch
}

/** The HTTP edge, made by `serve.ts` so that this folder need not know it. */
export interface Edge {
  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number>
  readonly handle: RequestListener<typeof IncomingMessage, typeof ServerResponse>
  /** Shared by every listener. */
  readonly connections: ConnectionRoom
  close(): Promise<void>
}

export interface OpenbatchOptions {
  readonly configuration: Configuration
  readonly dataDir: string
  readonly log: Logger
  readonly makeEdge: (core: Core) => Edge
  /** `--start-empty`. */
  readonly startEmpty?: boolean
  /** See failpoints.ts. */
  readonly failpoint: string | undefined
  readonly onBroken: (error: unknown) => void
}

export interface Openbatch {
  /** `http://HOST:PORT`. */
  readonly endpoint: string
  readonly defaultDriver: string
  readonly drivers: ReadonlyMap<string, Driver>
  stop(): Promise<void>
}

export async function startOpenbatch(options: OpenbatchOptions): Promise<Openbatch> {
  const { dataDir, log, startEmpty = false } = options
  const stops: (() => unknown)[] = []
  const stopAll = async (): Promise<void> => {
    for (const step of stops.splice(0).reverse()) await step()
  }
  try {
    const directory = holdDataDirectory(dataDir)
    stops.push(() => directory.release())
    const { store, installationId } = openStore({ directory, startEmpty, log })
    stops.push(() => store.close())
    const logsDirectory = join(dataDir, 'logs')
    mkdirSync(logsDirectory, { recursive: true, mode: 0o700 })
    const logs = await openFileLogStore({ directory: logsDirectory })
    stops.push(() => logs.close())
    return { ...(await assemble(options, { store, logs, installationId }, stops)), stop: stopAll }
  } catch (error) {
    await stopAll().catch((err) => log.error({ err }, 'stopping after a failed start failed too'))
    throw explainedDatabase(dataDir, error)
  }
}

async function assemble(
  { configuration, dataDir, log, makeEdge, failpoint: failpointSetting, onBroken }: OpenbatchOptions,
  { store, logs, installationId }: { store: Store; logs: LogStore; installationId: string },
  stops: (() => unknown)[],
): Promise<Omit<Openbatch, 'stop'>> {
  const now = Date.now
  let onPause = () => {}
  const looking = new LookingClock(() => onPause())
  stops.push(() => looking.close())
  const clocks: Clocks = { now, steady: () => performance.now(), looked: looking.looked }
  const failpoint = failpointsFrom(failpointSetting)
  const settings = { configuration, dataDir, installationId, log }
  const offered = await offerDrivers(settings, store.loadComputeEnvironments())
  const { drivers, defaultDriver } = offered
  stops.push(() => Promise.all([...drivers.values()].map((driver) => driver.close())))
  log.info(
    { drivers: [...drivers.keys()], defaultDriver },
    `jobs run on the ${defaultDriver} driver: ${offered.because}`,
  )

  const sinks = sinksOf(configuration.events, dataDir)
  const delivery = new Delivery({ outbox: store.outbox, sinks, maxKept: configuration.events.maxKept, log })
  stops.push(() => delivery.close())
  const metrics = createMetrics({ loop: () => loop, sinks: () => delivery.figures(), dataDir, now })
  const loop: Loop = new Loop({
    store,
    account: { account: configuration.account, region: configuration.region },
    defaultDriver,
    rules: rulesFrom(configuration),
    given: { now, newId: () => newId(now()) },
    log,
    failpoint,
    carryOut: (effect) => carryOut(effect),
    announcer: sinks.length > 0 ? new Announcer() : undefined,
    onEvents(events) {
      metrics.count(events)
      delivery.wake()
    },
    onBroken,
  })
  // What was loaded has booked its live attempts, each on its driver.
  const followed = await driversToFollow(settings, drivers, loop.state.drivers.keys(), store)
  for (const [name, driver] of followed) if (!drivers.has(name)) stops.push(() => driver.close())
  let doors: JobDoors | undefined
  let endpoint = ''
  const secrets = openSecrets(secretsFilePath(dataDir))
  const supervisor = new Supervisor({
    drivers: followed,
    logs,
    loop,
    clocks,
    log,
    failpoint,
    region: configuration.region,
    endpointFor: (driver) => doors?.endpointFor(driver, endpoint),
    resolveSecrets: secretsFrom(secrets.find, (err) => log.error({ err }, 'the secrets of jobs cannot be read')),
    stopGraceSeconds: configuration.jobs.stopGraceSeconds,
    lostGraceMs: configuration.jobs.lostGraceSeconds * 1000,
    logCapBytes: configuration.logs.maxMibPerAttempt * 1024 * 1024,
  })
  stops.push(() => loop.close())
  stops.push(() => supervisor.close())
  const closing = new AbortController()
  stops.push(() => closing.abort())
  const settle = (command: Command) => void untilTaken(loop, command, closing.signal)
  // Attempts wait until jobs could reach this server; `resume` then finds all that are live.
  let open = false
  const carryOut = (effect: Effect) => {
    if (effect.type === 'settleComputeEnvironment') settle(settleComputeEnvironment(effect.name))
    else if (effect.type === 'settleJobQueue') settle(settleJobQueue(effect.name))
    else if (effect.type === 'settleResource') settle(settleResource(effect.kind, effect.arn))
    else if (open) supervisor.carryOut(effect)
  }

  const hosts = new Hosts({ drivers, loop, log, installationId, everyMs: hostsEveryMs })
  stops.push(() => hosts.stop())
  const epoch = new Epoch({ loop, store, log, everyMs: hostsEveryMs })
  stops.push(() => epoch.stop())
  await epoch.hold(followed)
  // Whoever seems to hold a place may have ended long ago: nobody is told to go before the drivers were asked.
  for (const name of followed.keys()) await loop.execute(endsUnread(name, true))
  await hosts.start()
  await epoch.start()
  await makeDefaults(loop, store, now())
  // A driver may have come or gone since the environments were settled.
  for (const name of loop.state.computeEnvironments.keys()) await loop.execute(settleComputeEnvironment(name))

  const edge = makeEdge({
    account: configuration.account,
    region: configuration.region,
    loop,
    store,
    logs,
    metrics,
    epoch,
  })
  stops.push(() => edge.close())
  const port = await edge.listen(configuration.host, configuration.port)
  endpoint = `http://${configuration.host.includes(':') ? `[${configuration.host}]` : configuration.host}:${port}`
  doors = new JobDoors(followed, {
    mainHost: configuration.host,
    port,
    handle: edge.handle,
    connections: edge.connections,
    log,
  })
  stops.push(() => doors?.close())
  await doors.open()

  delivery.wake()
  open = true
  failpoint('during-recovery')
  // Requests are answered while many attempts are taken up again; what happened to them meanwhile is looked up for each.
  const resuming = inPieces(resume(loop.state), new SteadyPace(closing.signal), (effect) => {
    carryOut(effect)
    failpoint('during-recovery')
  })
    .then(() => {
      onPause = () => supervisor.catchUp()
      supervisor.catchUp()
    })
    .catch((error) => {
      if (!closing.signal.aborted) onBroken(error)
    })
  stops.push(() => {
    closing.abort()
    return resuming
  })
  const orphans = new Orphans({
    drivers: followed,
    loop,
    store,
    isInHand: (name) => supervisor.isInHand(name),
    isLeftAlone: (driver, name) => epoch.isLeftAlone(driver, name),
    looked: clocks.looked,
    log,
    everyMs: orphansEveryMs,
    graceMs: configuration.jobs.orphanGraceSeconds * 1000,
  })
  stops.push(() => orphans.stop())
  orphans.start()
  const timeLimits = new TimeLimits({ loop, clocks, log, everyMs: timeLimitsEveryMs })
  stops.push(() => timeLimits.stop())
  timeLimits.start()
  const keep = (
    what: RetentionOptions['what'],
    days: number | undefined,
    deleteSome: RetentionOptions['deleteSome'],
  ) => {
    if (days === undefined) return
    const setting = `retention.${what}`
    const note = { read: () => store.getSetting(setting), write: (text: string) => store.putSetting(setting, text) }
    const retention = new Retention({ what, days, deleteSome, now, note, log })
    stops.push(() => retention.stop())
    retention.start()
  }
  keep('logs', configuration.logs.retentionDays, deletingLogs(logs))
  keep('jobs', configuration.jobs.retentionDays, deletingJobs(store))
  return { endpoint, defaultDriver, drivers }
}

/** A job in memory takes about twice the bytes of its JSON, and there must be room for everything else. */
const heapPartForJobs = 1 / 4
/** So that others can always submit. */
const partOfOneUser = 3 / 4

function rulesFrom({ jobs, jobDefinitions, scheduling }: Configuration): Rules {
  const mebibyte = 1_048_576
  const liveJobs =
    jobs.maxLiveMib === undefined ? getHeapStatistics().heap_size_limit * heapPartForJobs : jobs.maxLiveMib * mebibyte
  return {
    jobDefinitionBytes: { all: jobDefinitions.maxMib * mebibyte, ofUser: jobDefinitions.maxMibPerUser * mebibyte },
    liveJobBytes: {
      all: liveJobs,
      ofUser: jobs.maxLiveMibPerUser === undefined ? liveJobs * partOfOneUser : jobs.maxLiveMibPerUser * mebibyte,
    },
    arraySizeMax: jobs.maxArraySize,
    dependenciesMax: jobs.maxDependencies,
    afterAny: jobs.afterAnyDependencies,
    backfill: scheduling.backfill,
    lostHostRetries: jobs.lostHostRetries,
    runningPerUser: scheduling.maxRunningPerUser,
  }
}
