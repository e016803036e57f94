/** The drivers of this server, from its configuration: which are offered, and which one is the default. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createDockerDriver, type DockerDriver } from '../drivers/docker/docker-driver.ts'
import type { Driver } from '../drivers/driver.ts'
import { createProcessDriver } from '../drivers/process/process-driver.ts'
import { createScriptedDriver } from '../drivers/scripted/scripted-driver.ts'
import type { Configuration } from './configuration.ts'

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
  /** Drivers that stored compute environments name: they are offered even while their engine is away. */
  readonly inUse: ReadonlySet<string>
}

export async function offerDrivers(options: DriversOptions): Promise<OfferedDrivers> {
  const { configuration, inUse } = options
  const { drivers: settings } = configuration
  const drivers = new Map<string, Driver>()
  const docker = settings.docker.enabled ? makeDocker(options) : undefined
  const health = await docker?.health()
  const answers = health?.kind === 'healthy'
  const wanted = configuration.driver === 'docker' || inUse.has('docker')
  if (docker && (answers || wanted)) drivers.set('docker', docker)
  else await docker?.close()
  if (settings.process.enabled) drivers.set('process', makeProcess(options))
  if (settings.scripted.enabled || configuration.driver === 'scripted' || inUse.has('scripted'))
    drivers.set('scripted', makeScripted(options))

  const offered = drivers.has('docker') ? docker : undefined
  if (configuration.driver !== undefined)
    return { drivers, docker: offered, defaultDriver: configuration.driver, because: 'the configuration says so' }
  if (offered) return { drivers, docker: offered, defaultDriver: 'docker', because: 'a container engine answers' }
  const why = health?.kind === 'unreachable' ? health.why : 'the docker driver is not enabled'
  return { drivers, docker: undefined, defaultDriver: 'process', because: `no container engine answers (${why})` }
}

function makeDocker({ configuration, dataDir, installationId, log }: DriversOptions): DockerDriver {
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

function makeProcess({ configuration, dataDir, installationId, log }: DriversOptions): Driver {
  const { vcpus, memoryMib } = configuration.drivers.process
  return createProcessDriver({
    installationId,
    dataDir,
    logger: log,
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  })
}

function makeScripted({ configuration, dataDir }: DriversOptions): Driver {
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
