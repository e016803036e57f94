/** The drivers of this server: which the configuration offers, which one is the default, and those that are only followed to the end of their attempts. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createDockerDriver, type DockerDriver } from '../drivers/docker/docker-driver.ts'
import type { Driver } from '../drivers/driver.ts'
import { createProcessDriver } from '../drivers/process/process-driver.ts'
import { createScriptedDriver } from '../drivers/scripted/scripted-driver.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import type { Configuration } from './start/configuration.ts'

export interface OfferedDrivers {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly docker: DockerDriver | undefined
  readonly defaultDriver: string
  /** Why the default is what it is, for the log. */
  readonly because: string
}

export interface DriversOptions {
  readonly configuration: Configuration
  readonly dataDir: string
  readonly installationId: string
  readonly log: Logger
  /** Stored compute environments: an engine that one of them has had is offered even while it is away. */
  readonly environments: readonly Pick<ComputeEnvironment, 'driver' | 'status'>[]
}

export async function offerDrivers(options: DriversOptions): Promise<OfferedDrivers> {
  const { configuration, environments } = options
  const { drivers: settings } = configuration
  const drivers = new Map<string, Driver>()
  const docker = settings.docker.enabled ? makeDocker(options) : undefined
  const health = await docker?.health()
  const answers = health?.kind === 'healthy'
  // One that is INVALID names a driver that was not there: that it asks for it again changes nothing.
  const inUse = environments.some(
    ({ driver, status }) => driver === 'docker' && (status === 'VALID' || status === 'UPDATING'),
  )
  const wanted = configuration.driver === 'docker' || inUse
  if (docker && (answers || wanted)) drivers.set('docker', docker)
  else await docker?.close()
  if (settings.process.enabled) drivers.set('process', makeProcess(options))
  if (settings.scripted.enabled || configuration.driver === 'scripted') drivers.set('scripted', makeScripted(options))

  const offered = drivers.has('docker') ? docker : undefined
  if (configuration.driver !== undefined)
    return { drivers, docker: offered, defaultDriver: configuration.driver, because: 'the configuration says so' }
  const because = answers ? 'a container engine answers' : 'compute environments use it'
  if (offered) return { drivers, docker: offered, defaultDriver: 'docker', because }
  const why = health?.kind === 'unreachable' ? health.why : 'the docker driver is not enabled'
  return { drivers, docker: undefined, defaultDriver: 'process', because: `no container engine answers (${why})` }
}

/**
 * What attempts are followed on: the offered drivers, and those on which attempts of an earlier configuration live. The latter get no new ones, as the
 * scheduler is not told of their hosts.
 */
export function driversToFollow(
  options: Omit<DriversOptions, 'environments'>,
  offered: OfferedDrivers,
  withAttempts: Iterable<string>,
): Omit<OfferedDrivers, 'defaultDriver' | 'because'> {
  const drivers = new Map(offered.drivers)
  let { docker } = offered
  for (const name of withAttempts) {
    if (drivers.has(name)) continue
    if (name === 'docker') {
      docker = makeDocker(options)
      drivers.set(name, docker)
    } else if (name === 'process') drivers.set(name, makeProcess(options))
    else if (name === 'scripted') drivers.set(name, makeScripted(options))
    else continue
    options.log.warn(
      { driver: name },
      'the driver is not configured; attempts that live on it are followed to their end',
    )
  }
  return { drivers, docker }
}

function makeDocker({
  configuration,
  dataDir,
  installationId,
  log,
}: Omit<DriversOptions, 'environments'>): DockerDriver {
  const { host, network, maxConcurrentStarts, hostPaths, vcpus, memoryMib } = configuration.drivers.docker
  return createDockerDriver({
    installationId,
    dataDir,
    network: network as 'shared' | 'bridge' | 'host',
    maxConcurrentStarts,
    hostPathMap: hostPaths,
    logger: log,
    ...(host === undefined ? {} : { dockerHost: host }),
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  })
}

function makeProcess({ configuration, dataDir, installationId, log }: Omit<DriversOptions, 'environments'>): Driver {
  const { vcpus, memoryMib } = configuration.drivers.process
  return createProcessDriver({
    installationId,
    dataDir,
    logger: log,
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  })
}

function makeScripted({ configuration, dataDir }: Omit<DriversOptions, 'environments'>): Driver {
  const { evidenceFile, hosts, vcpus = 64, memoryMib = 256 * 1024, gpus } = configuration.drivers.scripted
  return createScriptedDriver({
    directory: join(dataDir, 'scripted'),
    hosts: Array.from({ length: hosts }, (_, index) => ({
      hostName: index === 0 ? 'local' : `host-${index + 1}`,
      ...{ vcpus, memoryMib, gpus },
    })),
    ...(evidenceFile === undefined ? {} : { evidenceFile }),
  })
}
