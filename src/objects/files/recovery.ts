/** Ends what a dead server left half done in a bucket. */
import { join } from 'node:path'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ObjectFacts, Upload } from '../object-store.ts'
import { namesIn, statPath, unlink } from './descriptors.ts'
import type { FileBucket } from './file-bucket.ts'
import { changeMark, identityOf } from './file-identity.ts'
import { finishMakingWay } from './make-way.ts'
import { knownObject } from './object-facts.ts'
import type { ObjectIndex } from './object-index.ts'
import { removeUploadDirectory } from './upload-directory.ts'
import { joinedName } from './upload-slots.ts'
import { recoverVersions } from './version-recovery.ts'

/** Before anybody uses the bucket. */
export async function recoverBucket(bucket: FileBucket, index: ObjectIndex): Promise<void> {
  await finishMakingWay(bucket.tree, await bucket.tree.newNames())
  await recoverVersions(bucket, index)
  // Whatever is left never became an object.
  for (const name of await bucket.tree.newNames()) await removeUploadDirectory(bucket.tree.newPath(name))
  await recoverUploads(bucket, index)
}

async function recoverUploads(bucket: FileBucket, index: ObjectIndex): Promise<void> {
  const { id, tree } = bucket
  const directories = new Set(await namesIn(tree.uploads))
  for (const { upload } of index.uploads(id, '', '')) {
    const { uploadId, key } = upload
    const facts = await placed(bucket, upload)
    if (facts) {
      const row = { uploadId, bucketId: id, key, atMs: facts.lastModifiedMs, facts: JSON.stringify(facts) }
      await index.commit({ kind: 'completeUpload', row })
      continue
    }
    if (!directories.delete(uploadId)) {
      await index.commit({ kind: 'removeUpload', uploadId })
      continue
    }
    const parts = new Set(index.parts(uploadId, 0, Number.MAX_SAFE_INTEGER).map(({ file }) => file))
    const directory = join(tree.uploads, uploadId)
    for (const name of await namesIn(directory)) if (!parts.has(name)) await unlink(join(directory, name))
  }
  for (const unknown of directories) await removeUploadDirectory(join(tree.uploads, unknown))
}

/** The object that the file of an upload's parts is already: the server died before it noted that. */
async function placed(bucket: FileBucket, { uploadId, key }: Upload): Promise<ObjectFacts | undefined> {
  const joined = await statPath(join(bucket.tree.uploads, uploadId, joinedName))
  const path = bucket.pathOf(key)
  if (!joined || isObjectRefusal(path)) return undefined
  const stat = await bucket.tree.stat(path)
  if (stat?.ino !== joined.ino) return undefined
  const { facts } = knownObject(key, stat, bucket.row(key, stat))
  return bucket.versions.state ? { ...facts, versionId: bucket.versions.idOf(key, stat) } : facts
}

/** Settles the rows of files that were about to take their place. */
export async function recoverExpected(buckets: ReadonlyMap<number, FileBucket>, index: ObjectIndex): Promise<void> {
  for (const { bucketId, key, identity } of index.expected()) {
    const bucket = buckets.get(bucketId)
    if (!bucket) continue
    const path = bucket.pathOf(key)
    const stat = isObjectRefusal(path) ? undefined : await bucket.tree.stat(path)
    const found = stat && identityOf(stat) === identity ? stat : await bucket.versions.statOf(key, identity)
    index.commitLater(
      found
        ? { kind: 'settleObject', bucketId, key, identity, changeMark: changeMark(found) }
        : { kind: 'dropExpected', bucketId, key, identity },
    )
  }
}
