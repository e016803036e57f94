/** Brings the state up to date with the outside world before the first request is answered. */
import { settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import { endsUnread } from '../../core/instance/driver-seen.ts'
import type { Services } from '../../ground/services.ts'
import { Hosts } from '../upkeep/hosts.ts'
import { makeDefaults } from './defaults.ts'
import { Epoch } from './epoch.ts'
import type { Data } from './open-data.ts'
import type { Setting } from './setting.ts'
import { Settling } from './settling.ts'
import type { Deciding } from './start-loop.ts'

const hostsEveryMs = 5_000

export async function bringUpToDate(
  services: Services,
  { log, now }: Setting,
  { store, installationId }: Data,
  { drivers, followed, listeners, loop }: Deciding,
): Promise<Epoch> {
  await services.start('settling', new Settling(loop, listeners))
  const epoch = new Epoch({ loop, store, log, everyMs: hostsEveryMs, drivers: followed })
  await epoch.hold()
  // An attempt that seems to hold its place may have ended long ago, so no attempt gets a notice
  // before the drivers were asked.
  for (const name of followed.keys()) await loop.execute(endsUnread(name, true))
  await services.start('hosts', new Hosts({ drivers, loop, log, installationId, everyMs: hostsEveryMs }))
  await services.start('epoch', epoch)
  await makeDefaults(loop, store, now())
  // A driver may have come or gone since the environments were settled.
  for (const name of loop.state.computeEnvironments.keys()) await loop.execute(settleComputeEnvironment(name))
  return epoch
}
