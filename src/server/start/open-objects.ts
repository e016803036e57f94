/** Opens the object store: the buckets of clients, and the directories that are served as buckets. */
import { join } from 'node:path'
import { CannotStart, exitCodes } from '../../data-directory/cannot-start.ts'
import { bucketSettingsName, bucketsName } from '../../data-directory/layout.ts'
import type { Services } from '../../ground/services.ts'
import { AddedBuckets, asTaken } from '../../objects/added-buckets.ts'
import { attributeCalls } from '../../objects/files/attribute-calls.ts'
import { FileObjectStore } from '../../objects/files/file-object-store.ts'
import { problemOfDirectory } from '../../objects/files/place-of-bucket.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { BucketProblem, type ServedBucket, ServedBuckets } from '../../objects/served-buckets.ts'
import type { Setting } from './setting.ts'

export interface Objects {
  readonly objects: ObjectStore
  readonly addedBuckets: AddedBuckets
  /** The directories in which buckets are. */
  readonly directories: () => readonly string[]
  /** How often something was said of an object only in the index, though attributes were wanted. */
  readonly leftOutOfAttributes: () => number
}

export async function openObjects(services: Services, { configuration, dataDir, log, now }: Setting): Promise<Objects> {
  const { directory = join(dataDir, 'objects'), buckets, extendedAttributes, outside } = configuration.objects
  const configured = Object.entries(buckets).map(([name, bucket]) => ({ name, ...bucket }))
  const list = new ServedBuckets(join(dataDir, bucketsName))
  const added = addedBefore(list, configured)
  const served = outside ? [] : [...configured, ...added]
  if (outside && added.length > 0)
    log.warn('no directory of openbatch bucket add is served: objects are in a store outside (objects.outside)')
  for (const bucket of served) await mustBeServable(bucket, dataDir)
  const attributes = extendedAttributes ? attributeCalls() : undefined
  if (extendedAttributes && !attributes)
    throw new CannotStart(
      'objects.extendedAttributes needs the package @napi-rs/xattr, which is not installed or has nothing for this platform',
      exitCodes.misconfigured,
    )
  const store = await FileObjectStore.open({
    attributes,
    ...{ root: directory, indexPath: join(dataDir, 'objects.sqlite'), log, now },
    settingsDirectory: join(dataDir, bucketSettingsName),
    // They belong to nobody: rights are in policies.
    served: served.map((bucket) => ({ ...bucket, owner: '' })),
  }).catch(cannotStart)
  services.keep('objects', store, (it) => it.close())
  const addedBuckets = new AddedBuckets({
    ...{ list: () => list.list(), serving: outside ? [] : added, store, problemOf: problemOfDirectory, log },
    taken: [
      { directory: dataDir, what: 'the data directory' },
      { directory, what: 'the directory of the buckets that clients make' },
      ...configured.map(asTaken),
    ],
  })
  return {
    objects: store,
    addedBuckets,
    directories: () => store.directories(),
    leftOutOfAttributes: () => store.leftOutOfAttributes,
  }
}

/** Those of `openbatch bucket add`. */
function addedBefore(list: ServedBuckets, configured: readonly ServedBucket[]): readonly ServedBucket[] {
  let buckets: readonly ServedBucket[]
  try {
    buckets = list.list()
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

async function mustBeServable(bucket: ServedBucket, dataDir: string): Promise<void> {
  const problem = await problemOfDirectory(bucket, [{ directory: dataDir, what: 'the data directory' }])
  if (problem === undefined) return
  const { name, directory } = bucket
  throw new CannotStart(`the bucket ${name} cannot be served: ${directory} ${problem}`, exitCodes.misconfigured)
}
