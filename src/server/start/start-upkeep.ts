/** Starts the services that repeat while the server runs. */
import type { Services } from '../../ground/services.ts'
import { limits } from '../../model/limits.ts'
import { registerObjects } from '../object-metrics.ts'
import { ImageCleanup } from '../upkeep/image-cleanup.ts'
import { ObjectExpiry } from '../upkeep/object-expiry.ts'
import { Orphans } from '../upkeep/orphans.ts'
import { Reach } from '../upkeep/reach.ts'
import {
  deletingJobs,
  deletingLogs,
  deletingWrittenLogs,
  Retention,
  type RetentionOptions,
  removingUploads,
} from '../upkeep/retention.ts'
import { TimeLimits } from '../upkeep/time-limits.ts'
import type { Epoch } from './epoch.ts'
import type { Following } from './follow-attempts.ts'
import { excludedFrom, type ImagesSettings } from './images-settings.ts'
import type { Data } from './open-data.ts'
import type { Objects } from './open-objects.ts'
import type { Setting } from './setting.ts'
import type { Deciding } from './start-loop.ts'

const orphansEveryMs = 60_000
const timeLimitsEveryMs = 5_000

export async function startUpkeep(
  services: Services,
  { configuration, log, now }: Setting,
  { store, logs, objects, ...ofObjects }: Data & Omit<Objects, 'addedBuckets'>,
  { clocks, drivers, followed, loop, metrics }: Deciding,
  { doors, supervisor }: Following,
  epoch: Epoch,
  trustFile: string | undefined,
): Promise<void> {
  const orphans = new Orphans({
    drivers: followed,
    loop,
    store,
    isFollowed: (name) => supervisor.isFollowed(name),
    isLeftAlone: (driver, name) => epoch.isLeftAlone(driver, name),
    looked: clocks.looked,
    log,
    everyMs: orphansEveryMs,
    graceMs: configuration.jobs.orphanGraceSeconds * 1000,
  })
  await services.start('orphans', orphans)
  await services.start('time limits', new TimeLimits({ loop, clocks, log, everyMs: timeLimitsEveryMs }))
  const reach = new Reach({ drivers: followed, doors, trustFile, metrics, log, everyMs: limits.reachEveryMs })
  await services.start('ways of jobs', reach)
  await services.start('clean-up of images', imageCleanup(configuration.images, drivers, log))
  const noteOf = (key: string) => ({
    read: () => store.getSetting(key),
    write: (text: string) => store.putSetting(key, text),
  })
  const { outside, uploadDays } = configuration.objects
  // What was kept here before objects were moved outside stays as it is.
  if (!outside) {
    const expiry = new ObjectExpiry({ store: objects, now, note: noteOf('objects.expiry'), log })
    await services.start('lifecycle rules', expiry)
    registerObjects(metrics, { uploadsOpen: () => objects.uploadsOpen(), ...ofObjects, ended: () => expiry.ended })
  }
  const keepFor = async ({ what, days, deleteSome }: Wanted) => {
    if (days === undefined) return
    const note = noteOf(`retention.${what}`)
    await services.start(`retention of ${what}`, new Retention({ what, days, deleteSome, now, note, log }))
  }
  await keepFor({ what: 'logs', days: configuration.logs.retentionDays, deleteSome: deletingLogs(logs) })
  // A day is the least that a group may keep its events.
  await keepFor({ what: 'written logs', days: 1, deleteSome: deletingWrittenLogs(logs, now) })
  if (!outside) await keepFor({ what: 'uploads', days: uploadDays, deleteSome: removingUploads(objects) })
  await keepFor({ what: 'jobs', days: configuration.jobs.retentionDays, deleteSome: deletingJobs(store) })
}

const gibibyte = 1024 ** 3

function imageCleanup(images: ImagesSettings, drivers: Deciding['drivers'], log: Setting['log']): ImageCleanup {
  const { enabled, freeGib, imagesPerCycle, intervalMinutes, minimumAgeMinutes, untracked } = images.cleanup
  const exclude = excludedFrom(images)
  const room = freeGib === undefined ? {} : { whileFreeBelowBytes: freeGib * gibibyte }
  const wish = { minimumAgeMs: minimumAgeMinutes * 60_000, most: imagesPerCycle, untracked, exclude, ...room }
  return new ImageCleanup({ drivers, everyMs: intervalMinutes * 60_000, wish: enabled ? wish : undefined, log })
}

type Wanted = Pick<RetentionOptions, 'what' | 'deleteSome'> & { readonly days: number | undefined }
