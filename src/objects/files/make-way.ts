/**
 * Makes a directory of an object's file `a`, so that objects `a/…` can be beside it. The file
 * becomes `a/%object`.
 *
 * No call of the system does this at once. A note in the directory of new files says what is under
 * way, so that a restart can finish it: the file is always at one of its two paths.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { type BucketTree, ignoring, split } from './bucket-tree.ts'
import {
  closeFd,
  inDirectory,
  isAbsent,
  link,
  makeDirectory,
  openFd,
  removeDirectory,
  rename,
  statPath,
  syncDirectoryAt,
  syncFd,
  unlink,
  writeAt,
} from './descriptors.ts'
import type { PassObjectFailpoint } from './failpoints.ts'
import { besideName } from './object-path.ts'

const readText = promisify(fs.readFile)
const prefix = 'way-'
const noteSuffix = '.path'

export async function makeWay(tree: BucketTree, path: string, pass: PassObjectFailpoint): Promise<void> {
  await tree.locks.run(path, async () => {
    const [directory, name] = split(path)
    const fd = await tree.openDirectory(directory)
    if (fd === undefined) return
    try {
      // Somebody else may have made way, or deleted the object.
      if (!(await statPath(inDirectory(fd, name)))?.isFile()) return
      const own = `${prefix}${randomUUID()}`
      await note(tree, `${own}${noteSuffix}`, path)
      pass('way-noted')
      await makeDirectory(tree.newPath(own), 0o777)
      await link(inDirectory(fd, name), tree.newPath(`${own}/${besideName}`))
      await syncDirectoryAt(tree.newPath(own))
      await tree.syncNew()
      pass('way-linked')
      await unlink(inDirectory(fd, name))
      pass('way-unlinked')
      await rename(tree.newPath(own), inDirectory(fd, name))
      await tree.sync(directory, fd)
      pass('way-made')
      await unlink(tree.newPath(`${own}${noteSuffix}`))
    } finally {
      await closeFd(fd)
    }
  })
}

async function note(tree: BucketTree, name: string, path: string): Promise<void> {
  const fd = await openFd(tree.newPath(name), fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL, 0o600)
  try {
    await writeAt(fd, [Buffer.from(path)], 0)
    await syncFd(fd)
  } finally {
    await closeFd(fd)
  }
}

/** Finishes or takes back what a dead server left half done. Give it all names of new files. */
export async function finishMakingWay(tree: BucketTree, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(noteSuffix)) continue
    const own = name.slice(0, -noteSuffix.length)
    if (names.includes(own)) await finishOne(tree, own, await readText(tree.newPath(name), 'utf8'))
    await unlink(tree.newPath(name))
  }
}

async function finishOne(tree: BucketTree, own: string, path: string): Promise<void> {
  const [directory, name] = split(path)
  const linked = await statPath(tree.newPath(`${own}/${besideName}`))
  const fd = await tree.openDirectory(directory)
  try {
    if (fd === undefined || !linked || (await statPath(inDirectory(fd, name)))) {
      // The file is still where it was, or somebody else put something there.
      await unlink(tree.newPath(`${own}/${besideName}`)).catch(ignoring('ENOENT'))
      await removeDirectory(tree.newPath(own))
      return
    }
    await rename(tree.newPath(own), inDirectory(fd, name))
    await tree.sync(directory, fd)
  } catch (error) {
    if (!isAbsent(error)) throw error
  } finally {
    if (fd !== undefined) await closeFd(fd)
  }
}
