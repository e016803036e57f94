/** Ends what a dead server left half done with versions, and makes their index anew if it is lost. */
import { opendir, readFile } from 'node:fs/promises'
import { isObjectRefusal } from '../object-refusal.ts'
import { newTail } from '../version-id.ts'
import { InTheWay, ignoring, split } from './bucket-tree.ts'
import { isAbsent, statPath, unlink } from './descriptors.ts'
import type { FileBucket } from './file-bucket.ts'
import type { MarkerNote } from './file-deletes.ts'
import { identityOf } from './file-identity.ts'
import type { VersionRow } from './index-changes.ts'
import { markerPrefix, secondNamePrefix } from './new-file.ts'
import type { ObjectIndex } from './object-index.ts'
import { pathOfVersion, versionOfPath } from './version-path.ts'

/** Rows that are committed together. */
const atOnce = 1000

/** Before anybody uses the bucket. The new files are there still. */
export async function recoverVersions(bucket: FileBucket, index: ObjectIndex): Promise<void> {
  const names = await bucket.tree.newNames()
  for (const name of names) if (name.startsWith(markerPrefix)) await finishMarker(bucket, index, name)
  const unplaced = await linkedFiles(bucket, names)
  const { tree } = bucket.versions.files
  if (tree && !index.versions.isKnown(bucket.id)) await findVersions(bucket, tree.root, index, unplaced)
  else if (unplaced.size > 0) await dropUnplaced(bucket, index, unplaced)
}

/** The object is removed, and the marker is not there yet; or it is not removed. */
async function finishMarker(bucket: FileBucket, index: ObjectIndex, name: string): Promise<void> {
  const own = bucket.tree.newPath(name)
  const note = noteIn(await readFile(own, 'utf8'))
  const path = note && bucket.pathOf(note.key)
  if (note && path !== undefined && !isObjectRefusal(path)) {
    const row = { ...note, bucketId: bucket.id, isDeleteMarker: true, identity: '' }
    const isThere = (await bucket.tree.stat(path)) !== undefined
    if (!isThere && (await moved(bucket, own, row))) return index.commit({ kind: 'addVersion', row })
    await index.commit({ kind: 'removeVersion', row })
  }
  await unlink(own).catch(ignoring('ENOENT'))
}

async function moved(bucket: FileBucket, own: string, row: VersionRow): Promise<boolean> {
  try {
    await bucket.versions.files.move(own, row.key, row)
    return true
  } catch (error) {
    if (error instanceof InTheWay) return false
    throw error
  }
}

function noteIn(text: string): MarkerNote | undefined {
  try {
    const { key, order, tail } = JSON.parse(text) as MarkerNote
    const isNote = typeof key === 'string' && Number.isSafeInteger(order) && typeof tail === 'string'
    return isNote && pathOfVersion(key, { order, tail, isDeleteMarker: true }) ? { key, order, tail } : undefined
  } catch {
    // It was being written.
    return undefined
  }
}

/** Inodes of new files that have another name: perhaps the one of a version. */
async function linkedFiles(bucket: FileBucket, names: readonly string[]): Promise<ReadonlySet<bigint>> {
  const found = new Set<bigint>()
  for (const name of names) {
    if (name.startsWith(markerPrefix) || name.startsWith(secondNamePrefix)) continue
    const stat = await statPath(bucket.tree.newPath(name))
    if (stat?.isFile() && stat.nlink > 1n) found.add(stat.ino)
  }
  return found
}

/** Removes the names of versions that never became current. */
async function dropUnplaced(bucket: FileBucket, index: ObjectIndex, unplaced: ReadonlySet<bigint>): Promise<void> {
  for (const { bucketId, key, identity } of index.expected()) {
    const inode = [...unplaced].find((one) => identity.startsWith(`${one.toString(36)}.`))
    if (bucketId !== bucket.id || inode === undefined || (await isCurrent(bucket, key, inode))) continue
    const row = index.versions.sameFile(bucket.id, key, identity)
    if (row) await index.commit({ kind: 'removeVersion', row })
    // The index may not have learned of the name.
    await dropNames(bucket, key, inode)
  }
}

async function isCurrent(bucket: FileBucket, key: string, inode: bigint): Promise<boolean> {
  const path = bucket.pathOf(key)
  return !isObjectRefusal(path) && (await bucket.tree.stat(path))?.ino === inode
}

async function dropNames(bucket: FileBucket, key: string, inode: bigint): Promise<void> {
  const { tree } = bucket.versions.files
  const example = pathOfVersion(key, { order: 0, tail: newTail(), isDeleteMarker: false })
  if (!tree || example === undefined) return
  const [directory] = split(example)
  for await (const [name, stat] of filesIn(`${tree.root}/${directory}`)) {
    const version = versionOfPath(directory === '' ? name : `${directory}/${name}`)
    if (version?.key === key && stat?.ino === inode) await bucket.versions.files.remove(key, version)
  }
}

async function* filesIn(directory: string) {
  try {
    for await (const { name } of await opendir(directory, { bufferSize: atOnce }))
      yield [name, await statPath(`${directory}/${name}`)] as const
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

/** Reads all names of versions. */
async function findVersions(
  bucket: FileBucket,
  root: string,
  index: ObjectIndex,
  unplaced: ReadonlySet<bigint>,
): Promise<void> {
  let rows: VersionRow[] = []
  const commit = async () => {
    await index.commit(...rows.map((row) => ({ kind: 'addVersion', row }) as const))
    rows = []
  }
  for (const directories = ['']; directories.length > 0; ) {
    const directory = directories.pop()!
    for await (const [name, stat] of filesIn(`${root}/${directory}`)) {
      const path = directory === '' ? name : `${directory}/${name}`
      if (stat?.isDirectory()) directories.push(path)
      const version = stat?.isFile() ? versionOfPath(path) : undefined
      if (!version) continue
      if (unplaced.has(stat!.ino) && !(await isCurrent(bucket, version.key, stat!.ino)))
        await bucket.versions.files.remove(version.key, version)
      else rows.push({ bucketId: bucket.id, ...version, identity: version.isDeleteMarker ? '' : identityOf(stat!) })
      if (rows.length === atOnce) await commit()
    }
  }
  await commit()
  await index.commit({ kind: 'knowVersions', bucketId: bucket.id })
}
