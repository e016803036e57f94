/** Brings the state up to date with the outside world before the first request is answered. */
import { settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import { endsUnread } from '../../core/instance/driver-seen.ts'
import type { Driver } from '../../drivers/driver.ts'
import type { Services } from '../../ground/services.ts'
import { mibOfGib } from '../../model/scratch.ts'
import { Disks } from '../upkeep/disks.ts'
import { Hosts } from '../upkeep/hosts.ts'
import { makeDefaults } from './defaults.ts'
import { Epoch } from './epoch.ts'
import type { Following } from './follow-attempts.ts'
import type { Data } from './open-data.ts'
import type { Setting } from './setting.ts'
import { Settling } from './settling.ts'
import type { Deciding } from './start-loop.ts'

const hostsEveryMs = 5_000
const disksEveryMs = 2_000

export async function bringUpToDate(
  services: Services,
  { configuration, log, now }: Setting,
  { store, installationId }: Data,
  { drivers, followed, listeners, loop }: Deciding,
  { supervisor }: Following,
): Promise<Epoch> {
  await services.start('settling', new Settling(loop, listeners))
  const epoch = new Epoch({ loop, store, log, everyMs: hostsEveryMs, drivers: followed })
  await epoch.hold()
  // An attempt that seems to hold its place may have ended long ago, so no attempt gets a notice
  // before the drivers were asked.
  for (const name of followed.keys()) await loop.execute(endsUnread(name, true))
  const { keepFreeGiB } = configuration.jobs.scratch
  const keepFreeMib = keepFreeGiB === undefined ? undefined : keepFreeGiB * mibOfGib
  const disks = new Disks({ drivers, loop, log, everyMs: disksEveryMs, keepFreeMib })
  const disksOf = (name: string, driver: Driver) => disks.of(name, driver)
  await services.start('hosts', new Hosts({ drivers, loop, log, installationId, everyMs: hostsEveryMs, disksOf }))
  await services.start('disks', disks)
  supervisor.onRemoved(disks.noteRemoval)
  await services.start('epoch', epoch)
  await makeDefaults(loop, store, now())
  // A driver may have come or gone since the environments were settled.
  for (const name of loop.state.computeEnvironments.keys()) await loop.execute(settleComputeEnvironment(name))
  return epoch
}
