/** The supplied aws command for processes of this machine (docs/use/aws-command.md). */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from 'pino'
import { type AwsSources, SuppliedAws } from '../aws-command/supply/supplied-aws.ts'
import type { FindAws } from '../drivers/driver-kind.ts'
import { entry } from '../ground/map-entry.ts'
import { limits } from '../model/limits.ts'

/**
 * What cannot be supplied is logged once for each place. Jobs then start without it. On a small disk
 * it is not made: what stays free of the disk's room would not hold it, and jobs were promised the rest.
 */
export function hostAws(
  log: Pick<Logger, 'warn'>,
  sources?: AwsSources,
  diskMib: (path: string) => Promise<number> = sizeOfDiskMib,
): FindAws {
  const supplied = new Map<string, SuppliedAws>()
  const warned = new Set<string>()
  const warnOnce = (parent: string, reason: object) => {
    if (!warned.has(parent)) log.warn(reason, 'jobs find no supplied aws command')
    warned.add(parent)
    return undefined
  }
  return async (parent) => {
    try {
      const known = supplied.get(parent)
      if (!known && (await diskMib(parent)) < limits.suppliedAwsDiskMib)
        return warnOnce(parent, { why: `the disk of ${parent} is smaller than ${limits.suppliedAwsDiskMib} MiB` })
      return await entry(supplied, parent, () => new SuppliedAws(parent, sources)).onHost()
    } catch (err) {
      return warnOnce(parent, { err })
    }
  }
}

/** The directory may be made later than it is asked for. */
async function sizeOfDiskMib(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path).catch(() => statfs(dirname(path)))
  return (blocks * bsize) / 1_048_576
}
