/** Ends what a dead server left half done in a bucket. */
import { join } from 'node:path'
import { isObjectRefusal } from '../object-refusal.ts'
import { namesIn, unlink } from './descriptors.ts'
import type { FileBucket } from './file-bucket.ts'
import { changeMark, identityOf } from './file-identity.ts'
import { finishMakingWay } from './make-way.ts'
import type { ObjectIndex } from './object-index.ts'
import { removeUploadDirectory } from './upload-directory.ts'

/** Before anybody uses the bucket. */
export async function recoverBucket(bucket: FileBucket, index: ObjectIndex): Promise<void> {
  await finishMakingWay(bucket.tree, await bucket.tree.newNames())
  // Whatever is left never became an object.
  for (const name of await bucket.tree.newNames()) await removeUploadDirectory(bucket.tree.newPath(name))
  await recoverUploads(bucket, index)
}

async function recoverUploads({ id, tree }: FileBucket, index: ObjectIndex): Promise<void> {
  const directories = new Set(await namesIn(tree.uploads))
  for (const { upload } of index.uploads(id, '', '')) {
    const { uploadId } = upload
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

/** Settles the rows of files that were about to take their place. */
export async function recoverExpected(buckets: ReadonlyMap<number, FileBucket>, index: ObjectIndex): Promise<void> {
  for (const { bucketId, key, identity } of index.expected()) {
    const bucket = buckets.get(bucketId)
    if (!bucket) continue
    const path = bucket.pathOf(key)
    const stat = isObjectRefusal(path) ? undefined : await bucket.tree.stat(path)
    const isThere = stat && identityOf(stat) === identity
    index.commitLater(
      isThere
        ? { kind: 'settleObject', bucketId, key, identity, changeMark: changeMark(stat) }
        : { kind: 'dropExpected', bucketId, key, identity },
    )
  }
}
