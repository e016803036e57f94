/** The supplied aws command for processes of this machine (docs/use/aws-command.md). */
import type { Logger } from 'pino'
import { type AwsSources, SuppliedAws } from '../aws-command/supply/supplied-aws.ts'
import { diskOf } from '../drivers/disk-use.ts'
import type { FindAws } from '../drivers/driver-kind.ts'
import { entry } from '../ground/map-entry.ts'
import { limits } from '../model/limits.ts'
import { type DiskRoom, keepsRoomFor } from '../model/offered-disk.ts'

/** What cannot be supplied is logged once for each place. Jobs then start without it. */
export function hostAws(
  log: Pick<Logger, 'warn'>,
  sources?: AwsSources,
  roomOf: (path: string) => Promise<Pick<DiskRoom, 'totalMib'>> = diskOf,
): FindAws {
  const supplied = new Map<string, SuppliedAws>()
  const warned = new Set<string>()
  return async (parent) => {
    try {
      if (!supplied.has(parent) && !keepsRoomFor(limits.suppliedAwsMib, (await roomOf(parent)).totalMib))
        throw new Error(`the disk of ${parent} is too small for it`)
      return await entry(supplied, parent, () => new SuppliedAws(parent, sources)).onHost()
    } catch (err) {
      if (!warned.has(parent)) log.warn({ err }, 'jobs find no supplied aws command')
      warned.add(parent)
      return undefined
    }
  }
}
