/**
 * Implements `openbatch serve`: constructs the server from configuration, users and edge, and runs
 * it until a signal.
 */
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { AuditLog } from './access/audit/audit-log.ts'
import type { BearerToken } from './access/bearer-token.ts'
import { ConsoleSessions } from './access/console/console-sessions.ts'
import { Credentials } from './access/credentials.ts'
import { IdentitiesFault } from './access/identities/identities-fault.ts'
import { IdentityDirectory } from './access/identities/identity-directory.ts'
import { ContainerKeys } from './access/job-credentials/container-keys.ts'
import { JobCredentials } from './access/job-credentials/job-credentials.ts'
import { SecretRights } from './access/job-credentials/secret-rights.ts'
import { LastUses } from './access/last-uses.ts'
import { assumeRole } from './access/outside-store/assume-role.ts'
import { OutsideCredentials } from './access/outside-store/outside-credentials.ts'
import { OwnFileProblem } from './access/own-file.ts'
import { Users } from './access/users.ts'
import { dataDirOf } from './cli/data-dir.ts'
import type { ServeFlags } from './cli/serve-flags.ts'
import { attemptLives } from './core/job/live-container.ts'
import { CannotStart, exitCodes } from './data-directory/cannot-start.ts'
import { explained } from './data-directory/fault.ts'
import { auditName } from './data-directory/layout.ts'
import { RequestLimits } from './edge/request-limits.ts'
import { createApi } from './edge/server.ts'
import { servicesOf } from './edge/services.ts'
import { Traffic } from './edge/traffic.ts'
import { WatchRooms } from './edge/watch-rooms.ts'
import { ConnectionRoom } from './ground/connection-room.ts'
import { descriptorLimit } from './ground/exhaustion.ts'
import { readableLine } from './ground/readable-log.ts'
import { limits } from './model/limits.ts'
import type { ServerMetrics } from './server/metrics.ts'
import { MetricsListener, type MetricsListenerOptions } from './server/metrics-listener.ts'
import { isLoopback, type ListenAddress, listenAddress, metricsToken } from './server/metrics-settings.ts'
import type { JobIdentity } from './server/run/job-access.ts'
import { announce } from './server/start/announce.ts'
import type { Edge } from './server/start/answer-requests.ts'
import { type Configuration, ConfigurationProblems, loadConfiguration } from './server/start/configuration.ts'
import { ownHosts } from './server/start/console-settings.ts'
import { type Core, type Openbatch, startOpenbatch } from './server/start/openbatch.ts'
import { outsidePlaceOf, outsideSecret, outsideStoreOf } from './server/start/outside-settings.ts'
import type { RequestSettings } from './server/start/request-settings.ts'
import type { ServingCertificate } from './tls/serving-certificate.ts'

/** The same path from `src` and from `dist`. */
const command = join(import.meta.dirname, '..', 'bin', 'openbatch')

export async function serve(flags: ServeFlags): Promise<void> {
  // A file that others may see or pass through sets its mode itself, and says why.
  process.umask(0o077)
  const { env } = process
  const dataDir = dataDirOf(flags, env)
  const configuration = orExit(() => configurationOf(flags, env, dataDir))
  const token = orExit(() => tokenOf(configuration, dataDir))
  // Standard output carries the one line `ready …`, which programs wait for.
  const log = pino({ level: configuration.logLevel, base: undefined }, standardError())
  for (const notice of configuration.notices) log.warn(notice)

  const openbatch = await startOpenbatch({
    configuration,
    dataDir,
    startEmpty: flags.startEmpty ?? false,
    log,
    makeEdge: (core, certificate) => makeEdge(core, { configuration, dataDir, token, log, env, certificate }),
    failpoint: env.OPENBATCH_FAILPOINT,
    onBroken(err) {
      log.fatal({ err }, 'openbatch met a state it cannot go on from, and stops; running jobs are left running')
      process.exit(exitCodes.broken)
    },
  }).catch(endWith)
  const { endpoint, trustFile } = openbatch
  const { outside } = configuration.objects
  try {
    announce(dataDir, {
      endpoint,
      trustFile,
      region: configuration.region,
      objectStore: outside && outsidePlaceOf(outside),
      pid: process.pid,
      startedAt: new Date().toISOString(),
    })
  } catch (error) {
    await openbatch.stop()
    endWith(explained(dataDir, error))
  }
  stopAtSignal(openbatch, log)
  if (openbatch.drivers.get(openbatch.defaultDriver)?.isolation === 'none')
    log.warn('jobs run as plain processes of this machine: the image of a job is recorded and not used')
  process.stdout.write(`ready ${endpoint}\n`)
}

function configurationOf(flags: ServeFlags, env: NodeJS.ProcessEnv, dataDir: string): Configuration {
  const { config, host, port, driver } = flags
  return loadConfiguration({
    dataDir,
    file: config ?? env.OPENBATCH_CONFIG,
    env,
    options: { host, port: port === undefined || !/^[0-9]+$/.test(port) ? port : Number(port), driver },
  })
}

interface EdgeSetting {
  readonly configuration: Configuration
  readonly dataDir: string
  /** Whoever has the token may read the metrics. */
  readonly token: BearerToken | undefined
  readonly log: Logger
  readonly env: NodeJS.ProcessEnv
  readonly certificate: ServingCertificate | undefined
}

function countTraffic(metrics: Pick<ServerMetrics, 'add'>): Traffic {
  const traffic = new Traffic()
  const add = (what: string, help: string, read: () => number) =>
    metrics.add({
      ...{ kind: 'counter', name: `openbatch_object_${what}_bytes_total`, help, labelNames: [] },
      read: () => [[{}, read()]],
    })
  add('received', 'Bytes that clients of S3 sent in bodies', () => traffic.receivedBytes)
  add('sent', 'Bytes that clients of S3 were sent, headers included', () => traffic.sentBytes)
  return traffic
}

function makeEdge(core: Core, { configuration, dataDir, token, log, env, certificate }: EdgeSetting): Edge {
  const directory = new IdentityDirectory(dataDir, Date.now())
  new Users(directory).ensureAdministrator(Date.now())
  const credentials = new Credentials(
    directory,
    // While memory is not to be trusted, every request is refused for that reason instead.
    ({ attempt }) =>
      attempt !== undefined && core.loop.memoryTrouble === undefined && !attemptLives(core.loop.state, attempt),
  )
  const lastUses = new LastUses(directory.store, log)
  const connections = connectionRoom(configuration.requests)
  const { metrics } = core
  const audit = openAudit(dataDir, log)
  const traffic = countTraffic(metrics)
  metrics.gauge('openbatch_audit_left_out', 'Records of the audit that could not be written', () => audit.leftOut)
  const jobIdentity = jobIdentityOf(configuration, core, directory, { dataDir, log })
  const outside = configuration.objects.outside && outsidePlaceOf(configuration.objects.outside)
  const { loop } = core
  const memoryTrouble = () => loop.memoryTrouble
  const watching = watchingOf(core)
  const browsers = browsersOf(configuration, directory, credentials, certificate)
  const tasks = { ...jobIdentity, state: () => loop.state, memoryTrouble, now: Date.now }
  const { app } = createApi({
    audit,
    ...{ browsers, connections, certificate },
    requestLimits: requestLimits(configuration.requests),
    longReadsOfUser: configuration.requests.longReadsPerUser,
    services: servicesOf({
      objectsAt: outside?.endpoint,
      metrics,
      metricsToken: token,
      installation: { command, dataDir },
      ...{ tasks, signIn: { ...browsers, now: Date.now } },
    }),
    backend: {
      ...core,
      ...{ audit, lastUses, identities: directory, changes: watching, consoleSessions: browsers.sessions },
      outsideObjects: outside,
      othersJobs: configuration.access.othersJobs as 'visible' | 'hidden',
      objectDomains: configuration.objects.domains.map((domain) => domain.toLowerCase()),
      principals: { find: (name) => credentials.findPrincipal(name, Date.now()) },
    },
    findKey: (accessKeyId, now, sessionToken) => credentials.findKey(accessKeyId, now, sessionToken),
    keyUsed: (scope, now) => lastUses.note(scope, now),
    now: Date.now,
    memoryTrouble,
    logger: log,
    gauge: metrics.gauge,
    answered: metrics.answered,
    traffic,
    validateResponses: env.OPENBATCH_TEST_VALIDATE_RESPONSES === '1',
  })
  const { listen } = configuration.metrics
  const metricsListener =
    listen === undefined
      ? undefined
      : metricsListenerAt(listenAddress(listen), { token, metrics, connections, log, certificate })
  return {
    async listen(host, port) {
      lastUses.start()
      const metricsAt = await metricsListener?.open()
      if (metricsAt !== undefined) log.info(`metrics are served at ${metricsAt}`)
      await app.listen({ host, port })
      return (app.server.address() as AddressInfo).port
    },
    handle: (request, response) => app.routing(request, response),
    connections,
    jobIdentity,
    async close() {
      // Their answers would keep the server open.
      watching.stop()
      await metricsListener?.close()
      await app.close()
      await lastUses.stop()
      await audit.close()
      directory.close()
    },
  }
}

function browsersOf(
  { console, host }: Configuration,
  directory: IdentityDirectory,
  credentials: Credentials,
  certificate: ServingCertificate | undefined,
) {
  const principalOf = (name: string, now: number) => credentials.recentPrincipal(name, now)
  return {
    sessions: new ConsoleSessions({ directory, principalOf }),
    hosts: ownHosts(console, host, certificate),
  }
}

function watchingOf({ changes: feed, metrics }: Core) {
  const rooms = new WatchRooms(limits.watchers, limits.watchersOfUser)
  metrics.gauge('openbatch_watchers', 'Requests for changes that are open', () => rooms.watchers)
  const stop = () => {
    rooms.stop()
    feed.stop()
  }
  return { feed, rooms, stop }
}

/** Jobs get keys of the store in which their objects are. */
function jobIdentityOf(
  { objects: { outside } }: Configuration,
  { account }: Core,
  directory: IdentityDirectory,
  { dataDir, log }: Pick<EdgeSetting, 'dataDir' | 'log'>,
): JobIdentity {
  const keys = new ContainerKeys(directory.sealingKeys)
  const here = new JobCredentials({ account, directory })
  const secretRights = new SecretRights({ account, directory })
  if (!outside) return { keys, credentials: here, secretRights }
  const secret = outsideSecret(outside, dataDir)
  const store = outsideStoreOf(outside)
  return { keys, secretRights, credentials: new OutsideCredentials({ store, secret, here, assumeRole, log }) }
}

function connectionRoom({ connections, connectionsPerUser }: RequestSettings): ConnectionRoom {
  return new ConnectionRoom(Math.min(connections, Math.floor(descriptorLimit() / 4)), connectionsPerUser)
}

function requestLimits(settings: RequestSettings): RequestLimits {
  return new RequestLimits({
    requestsOfPrincipal: { burst: settings.burstPerUser, perSecond: settings.perSecondPerUser },
    failuresOfAddress: { burst: settings.failureBurstPerAddress, perSecond: settings.failuresPerSecondPerAddress },
  })
}

/** Prometheus on this machine needs no TLS. */
function metricsListenerAt(at: ListenAddress, options: Omit<MetricsListenerOptions, keyof ListenAddress>) {
  const certificate = isLoopback(at.host) ? undefined : options.certificate
  return new MetricsListener({ ...options, ...at, certificate })
}

function openAudit(dataDir: string, log: Logger): AuditLog {
  const directory = join(dataDir, auditName)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { auditFileBytes: fileBytes, auditFiles: files, auditWaitingBytes: waitingBytes } = limits
  return new AuditLog({
    directory,
    limits: { fileBytes, files, waitingBytes },
    onTrouble: (err) => log.error({ err }, 'the audit cannot be written: what is requested now is not in it'),
  })
}

/** The first signal stops the server; more of them change nothing. */
function stopAtSignal(openbatch: Openbatch, log: Logger): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    log.info(`${signal}: stopping; running jobs are left running`)
    await openbatch.stop()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
}

/** JSON for programs, readable lines for a person at a terminal. */
function standardError(): pino.DestinationStream {
  const output = pino.destination({ fd: 2, sync: true })
  return process.stderr.isTTY ? { write: (line) => output.write(readableLine(line)) } : output
}

function orExit<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ConfigurationProblems)) throw error
    process.stderr.write(`The configuration has ${error.problems.length} problem(s):\n`)
    for (const problem of error.problems) process.stderr.write(`  ${problem}\n`)
    process.exit(exitCodes.misconfigured)
  }
}

function tokenOf({ metrics }: Configuration, dataDir: string): BearerToken | undefined {
  try {
    return metricsToken(metrics, dataDir)
  } catch (error) {
    if (!(error instanceof OwnFileProblem)) throw error
    throw new ConfigurationProblems([`metrics.tokenFile: ${error.message}`])
  }
}

/**
 * A problem that the operator can mend is reported in a sentence, anything else with its stack, as
 * a bug.
 */
function endWith(error: unknown): never {
  if (error instanceof CannotStart || error instanceof IdentitiesFault) {
    process.stderr.write(`${error.message}\n`)
    process.exit(error instanceof CannotStart ? error.exitCode : exitCodes.misconfigured)
  }
  if (isListenProblem(error)) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(exitCodes.misconfigured)
  }
  throw error
}

function isListenProblem(error: unknown): boolean {
  const { code, syscall } = error as { code?: string; syscall?: string }
  return syscall === 'listen' && (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' || code === 'EACCES')
}
