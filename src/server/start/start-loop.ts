/**
 * Starts the part that decides: the drivers that jobs are placed on, the loop, and the subscribers
 * to its events.
 */
import type { Driver } from '../../drivers/driver.ts'
import { type Clocks, LookingClock } from '../../ground/looking-clock.ts'
import type { Services } from '../../ground/services.ts'
import { driversToFollow, offerDrivers } from '../drivers.ts'
import { Announcer } from '../events/announcer.ts'
import { Delivery } from '../events/delivery.ts'
import { sinksOf } from '../events/settings.ts'
import { newId } from '../loop/ids.ts'
import { Loop } from '../loop/loop.ts'
import { LoopListeners } from '../loop/loop-listeners.ts'
import { createMetrics, type ServerMetrics } from '../metrics.ts'
import type { Data } from './open-data.ts'
import { rulesFrom } from './rules.ts'
import type { Setting } from './setting.ts'

export interface Deciding {
  readonly looking: LookingClock
  readonly clocks: Clocks
  /** The drivers that are offered, by name. */
  readonly drivers: ReadonlyMap<string, Driver>
  readonly defaultDriver: string
  /** Includes drivers that are no longer configured but still have live attempts. */
  readonly followed: ReadonlyMap<string, Driver>
  readonly loop: Loop
  readonly listeners: LoopListeners
  readonly delivery: Delivery
  readonly metrics: ServerMetrics
}

export async function startLoop(services: Services, setting: Setting, data: Data): Promise<Deciding> {
  const { configuration, dataDir, log, failpoint, now, onBroken } = setting
  const { store, installationId } = data
  const looking = services.keep('looking clock', new LookingClock(), (it) => it.close())
  const clocks: Clocks = { now, steady: () => performance.now(), looked: looking.looked }

  const driversOptions = { configuration, dataDir, installationId, log }
  const offered = await offerDrivers(driversOptions, store.loadComputeEnvironments())
  const { drivers, defaultDriver, because } = offered
  services.keep('drivers', drivers, (all) => Promise.all([...all.values()].map((driver) => driver.close())))
  log.info({ drivers: [...drivers.keys()], defaultDriver }, `jobs run on the ${defaultDriver} driver: ${because}`)

  const sinks = sinksOf(configuration.events, dataDir)
  const delivery = new Delivery({ outbox: store.outbox, sinks, maxKept: configuration.events.maxKept, log })
  services.keep('delivery of events', delivery, (it) => it.close())
  const listeners = new LoopListeners()
  const loop = new Loop({
    store,
    account: { account: configuration.account, region: configuration.region },
    defaultDriver,
    rules: rulesFrom(configuration),
    given: { now, newId: () => newId(now()) },
    log,
    failpoint,
    carryOut: listeners.carryOut,
    announcer: sinks.length > 0 ? new Announcer() : undefined,
    onEvents: listeners.takeEvents,
    measured: listeners.measured,
    onBroken,
  })
  const metrics = createMetrics({ loop, sinks: () => delivery.figures(), dataDir, now })
  listeners.onEvents((events) => {
    metrics.count(events)
    delivery.wake()
  })
  listeners.onMeasured(metrics.measured)
  if (log.isLevelEnabled('debug')) listeners.onEffect((effect) => log.debug({ effect }, 'effect'))
  // The loaded jobs have booked their live attempts, each on its driver.
  const followed = await driversToFollow(driversOptions, drivers, loop.state.drivers.keys(), store)
  for (const [name, driver] of followed)
    if (!drivers.has(name)) services.keep(`driver ${name}`, driver, (it) => it.close())
  services.keep('loop', loop, (it) => it.close())
  return { looking, clocks, drivers, defaultDriver, followed, loop, listeners, delivery, metrics }
}
