/**
 * The drivers of this server: which ones the configuration offers, which one is the default, and
 * which ones are only followed to the end of their attempts. The catalogue lists the kinds and what
 * each can do.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { CannotStart } from '../data-directory/cannot-start.ts'
import { driverKinds } from '../drivers/catalogue.ts'
import type { Driver } from '../drivers/driver.ts'
import type { DriverKind } from '../drivers/driver-kind.ts'
import type { ComputeEnvironment } from '../model/compute-environment.ts'
import type { Store } from '../store/store.ts'
import { hostAws } from './host-aws.ts'
import { logged } from './logged-driver.ts'
import type { Configuration } from './start/configuration.ts'
import type { DriverSettings } from './start/driver-settings.ts'

export interface OfferedDrivers {
  /** By name. */
  readonly drivers: ReadonlyMap<string, Driver>
  readonly defaultDriver: string
  /** Why this is the default, for the log. */
  readonly because: string
}

export interface DriversOptions {
  readonly configuration: Configuration
  readonly dataDir: string
  readonly installationId: string
  readonly log: Logger
  /** The catalogue. */
  readonly kinds?: readonly DriverKind[]
}

/** Whether an unconfigured driver is offered, and why. */
interface Offer {
  readonly name: string
  readonly isOffered: boolean
  readonly because: string
}

/**
 * Stored compute environments. An engine that one of them has used is offered even while it is
 * away.
 */
type Environments = readonly Pick<ComputeEnvironment, 'driver' | 'status'>[]

export async function offerDrivers(options: DriversOptions, environments: Environments): Promise<OfferedDrivers> {
  const { configuration, kinds = driverKinds } = options
  const drivers = new Map<string, Driver>()
  const reasons: Offer[] = []
  for (const [name, settings] of Object.entries(configuration.drivers)) {
    const kind = kindNamed(kinds, settings.kind)
    const isUnasked = name === kind.kind && kind.isOfferedUnasked
    const offer = isUnasked ? await offerUnasked(name, kind, settings, configuration, environments) : undefined
    if (offer) reasons.push(offer)
    const isOffered = offer?.isOffered ?? (settings.enabled || (name === kind.kind && configuration.driver === name))
    if (isOffered) drivers.set(name, await makeDriver(options, name, kind, settings))
  }
  if (configuration.driver !== undefined)
    return { drivers, defaultDriver: configuration.driver, because: 'the configuration says so' }
  return { drivers, ...defaultAmong(reasons, namedOtherwise(drivers.keys(), configuration)) }
}

/** Returns the first offered driver among the unconfigured ones, else the first configured one. */
function defaultAmong(unasked: readonly Offer[], written: readonly string[]): Omit<OfferedDrivers, 'drivers'> {
  const first = unasked.findIndex(({ isOffered }) => isOffered)
  if (first < 0 && written[0] !== undefined)
    return { defaultDriver: written[0], because: 'it is the first that the configuration names' }
  const found = unasked.at(first)!
  // The problem of the previous driver explains more than the presence of this one.
  const { because } = unasked.at(first < 0 ? first : Math.max(0, first - 1))!
  return { defaultDriver: found.name, because }
}

/** Drivers whose name does not say their kind. */
function namedOtherwise(names: Iterable<string>, { drivers }: Configuration): string[] {
  return [...names].filter((name) => drivers[name] !== undefined && drivers[name].kind !== name)
}

/**
 * Offers an unconfigured driver if it can run jobs now, or if the configuration or a compute
 * environment depends on it.
 */
async function offerUnasked(
  name: string,
  kind: DriverKind,
  settings: DriverSettings,
  { driver }: Configuration,
  environments: Environments,
): Promise<Offer> {
  if (!settings.enabled) return { name, isOffered: false, because: `the ${name} driver is not enabled` }
  const probe = (await kind.probe?.(settings)) ?? { answers: true, because: 'it needs no engine' }
  if (probe.answers) return { name, isOffered: true, because: probe.because }
  // An INVALID environment names a driver that did not exist. Naming it once more changes nothing.
  const isInUse = environments.some((it) => it.driver === name && (it.status === 'VALID' || it.status === 'UPDATING'))
  if (isInUse) return { name, isOffered: true, because: 'compute environments use it' }
  return { name, isOffered: driver === name, because: probe.because }
}

/**
 * The drivers whose attempts are followed: the offered ones, and those with live attempts from an
 * earlier configuration. The latter get no new attempts, because the scheduler does not know their
 * hosts.
 */
export async function driversToFollow(
  options: DriversOptions,
  offered: ReadonlyMap<string, Driver>,
  withAttempts: Iterable<string>,
  store: Pick<Store, 'getSetting' | 'putSetting'>,
): Promise<ReadonlyMap<string, Driver>> {
  const { configuration, kinds = driverKinds, log } = options
  const drivers = new Map(offered)
  for (const name of withAttempts) {
    const [known, before] = [configuration.drivers[name], settingsBefore(store, name)]
    if (known && before && before.kind !== known.kind)
      throw new CannotStart(
        `Jobs run on the driver ${name}, which was of the kind ${before.kind} when they were started; the configuration says ${known.kind}. Give it its kind back until they have ended, and another name to the new one.`,
      )
    const settings = known ?? before
    const kind = kinds.find((it) => it.kind === settings?.kind)
    if (drivers.has(name) || !settings || !kind) continue
    drivers.set(name, await makeDriver(options, name, kind, settings))
    log.warn({ driver: name }, 'the driver is not configured; attempts that live on it are followed to their end')
  }
  for (const name of namedOtherwise(offered.keys(), configuration)) remember(store, name, configuration.drivers[name]!)
  return drivers
}

/**
 * Remembers the settings of a driver whose name does not say its kind, so that its attempts are
 * still followed after it leaves the configuration.
 */
function remember(store: Pick<Store, 'getSetting' | 'putSetting'>, name: string, settings: DriverSettings): void {
  const text = JSON.stringify(settings)
  if (store.getSetting(settingOf(name)) !== text) store.putSetting(settingOf(name), text)
}

function settingsBefore(store: Pick<Store, 'getSetting'>, name: string): DriverSettings | undefined {
  const text = store.getSetting(settingOf(name))
  return text === undefined ? undefined : (JSON.parse(text) as DriverSettings)
}

function settingOf(name: string): string {
  return `driver:${name}`
}

async function makeDriver(
  { configuration, dataDir, installationId, kinds = driverKinds, log }: DriversOptions,
  name: string,
  kind: DriverKind,
  settings: DriverSettings,
): Promise<Driver> {
  const isNamedAsKind = name === kind.kind
  const home = isNamedAsKind ? dataDir : join(dataDir, 'drivers', name)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  // No installation id contains a full stop.
  const identity = isNamedAsKind ? installationId : `${installationId}.${name}`
  const { directory } = configuration.jobs.scratch
  const driver = await kind.create(settings, {
    identity,
    scratchHome: directory === undefined ? undefined : join(directory, identity),
    dataDir,
    home,
    guarded: guardedPaths({ configuration, dataDir, installationId }, [settings], kinds),
    findAws: hostAws(log),
    logger: log,
  })
  return logged(driver, name, log)
}

/**
 * What belongs to the server and its drivers. A grant may contain it, as one of /data does if the
 * jobs' directories are in /data/scratch.
 */
function guardedPaths(
  { configuration, dataDir, installationId }: Pick<DriversOptions, 'configuration' | 'dataDir' | 'installationId'>,
  more: readonly DriverSettings[],
  kinds: readonly DriverKind[],
): string[] {
  const { drivers, jobs, metrics, tls } = configuration
  const scratch = jobs.scratch.directory
  // As the identities of drivers, of which the first is named as its kind.
  const names = Object.keys(drivers).map((name) => `${installationId}.${name}`)
  const files = [tls.key, metrics.tokenFile].flatMap((file) => (file === undefined ? [] : [resolve(dataDir, file)]))
  const ofDrivers = [...Object.values(drivers), ...more].flatMap(
    (settings) => kinds.find((it) => it.kind === settings.kind)?.ownPaths?.(settings) ?? [],
  )
  const ofJobs = scratch === undefined ? [] : [installationId, ...names].map((name) => join(scratch, name))
  return [...new Set([dataDir, ...ofJobs, ...ofDrivers, ...files])]
}

function kindNamed(kinds: readonly DriverKind[], kind: string): DriverKind {
  const found = kinds.find((it) => it.kind === kind)
  if (!found) throw new Error(`there is no kind of drivers ${kind}`)
  return found
}
