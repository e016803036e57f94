/** Opens the object store: the buckets of clients, and the directories that are served as buckets. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { CannotStart, exitCodes } from '../../data-directory/cannot-start.ts'
import { bucketSettingsName, bucketsName } from '../../data-directory/layout.ts'
import type { Services } from '../../ground/services.ts'
import { FileObjectStore } from '../../objects/files/file-object-store.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { BucketProblem, type ServedBucket, ServedBuckets } from '../../objects/served-buckets.ts'
import type { Setting } from './setting.ts'

export async function openObjects(
  services: Services,
  { configuration, dataDir, log, now }: Setting,
): Promise<ObjectStore> {
  const { directory = join(dataDir, 'objects'), buckets } = configuration.objects
  const configured = Object.entries(buckets).map(([name, bucket]) => ({ name, ...bucket }))
  const served = [...configured, ...added(dataDir, configured)]
  for (const bucket of served) mustBeDirectory(bucket)
  const store = await FileObjectStore.open({
    ...{ root: directory, indexPath: join(dataDir, 'objects.sqlite'), log, now },
    settingsDirectory: join(dataDir, bucketSettingsName),
    // They belong to nobody: rights are in policies.
    served: served.map((bucket) => ({ ...bucket, owner: '' })),
  }).catch(cannotStart)
  services.keep('objects', store, (it) => it.close())
  return store
}

/** Those of `openbatch bucket add`. */
function added(dataDir: string, configured: readonly ServedBucket[]): readonly ServedBucket[] {
  let buckets: readonly ServedBucket[]
  try {
    buckets = new ServedBuckets(join(dataDir, bucketsName)).list()
  } catch (error) {
    return cannotStart(error)
  }
  const twice = buckets.find(({ name }) => configured.some((bucket) => bucket.name === name))
  if (!twice) return buckets
  const text = `the bucket ${twice.name} is in the configuration, and was added by openbatch bucket add too: remove one`
  throw new CannotStart(text, exitCodes.misconfigured)
}

function cannotStart(error: unknown): never {
  if (error instanceof BucketProblem) throw new CannotStart(error.message, exitCodes.misconfigured)
  throw error
}

function mustBeDirectory({ name, directory }: ServedBucket): void {
  let why = 'it is no directory'
  try {
    if (statSync(directory).isDirectory()) return
  } catch (error) {
    why = (error as Error).message
  }
  throw new CannotStart(`the bucket ${name} cannot be served from ${directory}: ${why}`, exitCodes.misconfigured)
}
