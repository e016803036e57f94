/**
 * The directory of a bucket. No call crosses a symbolic link: a path that does is as if nothing
 * were there. New files are made, named and removed through open directories, so nobody can swap a
 * directory for a link meanwhile.
 */
import { constants, mkdirSync, openSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { hiddenName } from '../object-rules.ts'
import {
  closeFd,
  codeOf,
  type FileStat,
  inDirectory,
  isAbsent,
  makeDirectory,
  namesIn,
  openFd,
  readLink,
  removeDirectory,
  statFd,
  statPath,
  syncFd,
  unlink,
} from './descriptors.ts'
import { DirectorySync } from './directory-sync.ts'
import { besideName } from './object-path.ts'
import { PathLocks } from './path-locks.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants

export interface OpenFile {
  readonly fd: number
  readonly stat: FileStat
}

/** Where an object's file is or will be: a name in an open directory. */
export interface Place {
  readonly directory: string
  readonly directoryFd: number
  readonly name: string
  /** The file that is there. */
  readonly stat: FileStat | undefined
}

/** A symbolic link or a device is where an object should be. */
export class InTheWay extends Error {
  override readonly name = 'InTheWay'
}

/** How often a writer begins again because others remove the directory that it writes into. */
const mostAttempts = 100

export class BucketTree {
  /** Without symbolic links. */
  readonly root: string
  /** Of files that are not yet objects. Undefined in a bucket that is only read. */
  readonly #newFd: number | undefined
  readonly uploads: string
  /** Work that changes what is at a path. */
  readonly locks = new PathLocks()
  readonly #sync = new DirectorySync()
  /** Makes a directory of a file, so that objects can be below it. */
  readonly #makeWay: (path: string) => Promise<void>

  constructor(directory: string, readOnly: boolean, makeWay: (path: string) => Promise<void>) {
    this.root = realpathSync(directory)
    this.uploads = join(this.root, hiddenName, 'uploads')
    this.#makeWay = makeWay
    if (readOnly) return
    for (const name of ['', 'new', 'uploads'])
      mkdirSync(join(this.root, hiddenName, name), { mode: 0o700, recursive: true })
    this.#newFd = openSync(join(this.root, hiddenName, 'new'), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  /** A path for a file that is not yet an object. */
  newPath(name: string): string {
    return inDirectory(this.#newFd!, name)
  }

  newNames(): Promise<string[]> {
    return namesIn(this.newPath(''))
  }

  syncNew(): Promise<void> {
    return syncFd(this.#newFd!)
  }

  async close(): Promise<void> {
    if (this.#newFd !== undefined) await closeFd(this.#newFd)
  }

  /** The file of an object. Close it. Undefined if there is none. */
  async openFile(path: string): Promise<OpenFile | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const found = await this.#tryOpenFile(path)
      if (found === 'a directory') return this.#regular(await this.#tryOpenFile(`${path}/${besideName}`))
      if (found) return found
      const moving = this.locks.settled(path)
      if (!moving) return undefined
      await moving
    }
    return undefined
  }

  #regular(found: OpenFile | 'a directory' | undefined): OpenFile | undefined {
    return found === 'a directory' ? undefined : found
  }

  async #tryOpenFile(path: string): Promise<OpenFile | 'a directory' | undefined> {
    const whole = `${this.root}/${path}`
    // A FIFO would keep its reader waiting.
    const fd = await openUnlessAbsent(whole, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) return undefined
    try {
      const stat = await statFd(fd)
      const isWanted = stat.isFile() || stat.isDirectory()
      if (isWanted && (await this.#isAt(fd, whole))) {
        if (stat.isFile()) return { fd, stat }
        await closeFd(fd)
        return 'a directory'
      }
    } catch (error) {
      await closeFd(fd)
      throw error
    }
    await closeFd(fd)
    return undefined
  }

  /** Whether the path led to the file without symbolic links. */
  async #isAt(fd: number, whole: string): Promise<boolean> {
    const actual = await readLink(`/proc/self/fd/${fd}`)
    // The kernel says so of a file that was replaced a moment ago.
    return actual === whole || actual === `${whole} (deleted)`
  }

  /** Undefined if there is no such directory. Close it. */
  async openDirectory(path: string): Promise<number | undefined> {
    const whole = path === '' ? this.root : `${this.root}/${path}`
    const fd = await openUnlessAbsent(whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    if (fd === undefined || (await this.#isAt(fd, whole))) return fd
    await closeFd(fd)
    return undefined
  }

  /** What is at a path of an object, without opening it. */
  async stat(path: string): Promise<FileStat | undefined> {
    const stat = await statPath(`${this.root}/${path}`)
    if (stat?.isFile()) return stat
    if (stat && !stat.isDirectory()) return undefined
    if (stat) return this.#fileOnly(await statPath(`${this.root}/${path}/${besideName}`))
    const moving = this.locks.settled(path)
    if (!moving) return undefined
    await moving
    return this.stat(path)
  }

  #fileOnly(stat: FileStat | undefined): FileStat | undefined {
    return stat?.isFile() ? stat : undefined
  }

  /**
   * Calls `work` with the place of an object, whose directories are made. Begins again if somebody
   * removes them meanwhile. Call it under the lock of the path.
   */
  async inPlace<T>(path: string, work: (place: Place) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withPlace(path, true, work as (place: Place | undefined) => Promise<T>)
      } catch (error) {
        // EISDIR: objects were put below this one at the same time.
        const code = codeOf(error)
        if (attempt === mostAttempts || (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR')) throw error
      }
    }
  }

  /** The same with what is there. Undefined if nothing is. */
  async ifInPlace<T>(path: string, work: (place: Place | undefined) => Promise<T>): Promise<T> {
    return this.#withPlace(path, false, async (place) => work(place?.stat && place))
  }

  async #withPlace<T>(path: string, make: boolean, work: (place: Place | undefined) => Promise<T>): Promise<T> {
    const [directory, name] = split(path)
    const fd = make ? await this.#makeDirectory(directory) : await this.openDirectory(directory)
    if (fd === undefined) return work(undefined)
    try {
      const stat = await statPath(inDirectory(fd, name))
      if (stat?.isDirectory()) return await this.#besideDirectory(path, make, work)
      if (stat && !stat.isFile()) {
        if (make) throw new InTheWay(`${path} is no file`)
        return await work(undefined)
      }
      return await work({ directory, directoryFd: fd, name, stat })
    } finally {
      await closeFd(fd)
    }
  }

  async #besideDirectory<T>(path: string, make: boolean, work: (place: Place | undefined) => Promise<T>): Promise<T> {
    const fd = await this.openDirectory(path)
    if (fd === undefined) {
      // Its last object was deleted just now.
      if (make) throw Object.assign(new Error(`${path} is gone`), { code: 'ENOENT' })
      return work(undefined)
    }
    try {
      const stat = await statPath(inDirectory(fd, besideName))
      if (stat && !stat.isFile()) throw new InTheWay(`${path}/${besideName} is no file`)
      return await work({ directory: path, directoryFd: fd, name: besideName, stat })
    } finally {
      await closeFd(fd)
    }
  }

  /** Opens a directory, and makes it and those above it where they are not there. */
  async #makeDirectory(path: string): Promise<number> {
    const existing = await this.openDirectory(path)
    if (existing !== undefined) return existing
    let fd = (await this.openDirectory(''))!
    let walked = ''
    for (const name of path.split('/')) {
      walked = walked === '' ? name : `${walked}/${name}`
      const next = await this.#makeOne(fd, name, walked).catch(async (error) => {
        await closeFd(fd)
        throw error
      })
      await closeFd(fd)
      fd = next
    }
    return fd
  }

  async #makeOne(parentFd: number, name: string, path: string): Promise<number> {
    const own = inDirectory(parentFd, name)
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const stat = await statPath(own)
      if (!stat) {
        await makeDirectory(own, 0o777).catch(ignoring('EEXIST'))
        await this.sync(path.slice(0, -name.length - 1), parentFd)
      } else if (stat.isFile()) await this.#makeWay(path)
      else if (!stat.isDirectory()) throw new InTheWay(`${path} is no directory`)
      const fd = await openUnlessAbsent(own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      if (fd !== undefined) return fd
    }
    throw new Error(`the directory ${path} cannot be made`)
  }

  /** Forces to disk which names an open directory holds. */
  sync(directory: string, fd: number): Promise<void> {
    return this.#sync.sync(directory, fd)
  }

  /** Removes an object's file, and the directories that it leaves empty. */
  async remove({ directory, directoryFd, name }: Place): Promise<void> {
    // Another program may have removed it just now.
    await unlink(inDirectory(directoryFd, name)).catch(ignoring('ENOENT'))
    if (directory === '' || !(await this.#prune(directory))) await this.sync(directory, directoryFd)
  }

  /** Removes empty directories from here upwards. Whether it removed any. */
  async #prune(directory: string): Promise<boolean> {
    let removed = false
    for (let path = directory; path !== ''; ) {
      const [parent, name] = split(path)
      const fd = await this.openDirectory(parent)
      if (fd === undefined) return removed
      try {
        const isGone = await removeIfEmpty(inDirectory(fd, name))
        removed ||= isGone
        // Directories that go themselves need not be on disk.
        if (removed && (!isGone || parent === '')) await this.sync(parent, fd)
        if (!isGone) return removed
      } finally {
        await closeFd(fd)
      }
      path = parent
    }
    return removed
  }
}

/** Whether the directory is gone. */
async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await removeDirectory(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return true
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST' || codeOf(error) === 'EBUSY') return false
    throw error
  }
}

async function openUnlessAbsent(path: string, flags: number): Promise<number | undefined> {
  // The prefix of a listing may be any text, and no file has such a name.
  if (path.includes('\0')) return undefined
  try {
    return await openFd(path, flags)
  } catch (error) {
    const code = codeOf(error)
    // ELOOP: a symbolic link. ENXIO: a socket.
    if (isAbsent(error) || code === 'ELOOP' || code === 'ENXIO') return undefined
    throw error
  }
}

/** The directory of a path, and the name in it. */
export function split(path: string): [directory: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)]
}

export function ignoring(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error
  }
}
