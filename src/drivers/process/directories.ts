import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, type Stats, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeTree } from '../tree-removal.ts'
import type { AttemptPlaces } from './attempt-places.ts'
import { makeOwnFile, overwriteOwnFile } from './own-files.ts'
import { SpareTrees } from './spare-trees.ts'

/**
 * Makes attempts' directories and removes them. A directory is filled aside and then appears under
 * its name in one step, complete. It disappears the same way. So no crash leaves a half-made
 * directory, and a half-removed one does not look like an attempt that can still be started. The
 * job's directories appear before the server's own, so that whatever can be started has all it
 * needs.
 *
 * Where it is certain that no process of an attempt is left, the server's own directories are used
 * again, with the two files that cost most to make. The job's directories are used again if the job
 * left them untouched (`spare-trees.ts`).
 */
export interface AttemptFiles {
  readonly run: string
  /** Whether `run` holds values that must not outlive the attempt. */
  readonly isSecret: boolean
  readonly mounts: string | undefined
  readonly input: string | undefined
  /** Undefined for an attempt without a group. */
  readonly group: string | undefined
  /** The user that the attempt runs as, if it is not the server's user. */
  readonly owner: { uid: number; gid: number } | undefined
}

const keptSpare = 64
/** The server's own directories: nobody else reads, lists or enters them. */
const ownMode = 0o700
/** Mode of a run file that is not used again. */
const secretMode = 0o400
/** Jobs that run as another user pass through, and can list and change nothing there. */
const passedMode = 0o711
const jobDirectories = ['work', 'tmp']

/** Counts for all driver objects of this process. */
let serial = 0

export class AttemptDirectories {
  readonly #places: AttemptPlaces
  readonly #reuse: boolean
  /** The server's own directories that can be used again. */
  readonly #spare: string[] = []
  readonly #spareTrees = new SpareTrees(jobDirectories, () => this.#makeTree())
  readonly #left: readonly string[]
  readonly #warn: (details: object, message: string) => void

  /**
   * `reuse` requires that cgroups list all processes of an attempt, so that none is left that could
   * write there.
   */
  constructor(places: AttemptPlaces, reuse: boolean, warn: (details: object, message: string) => void) {
    this.#places = places
    this.#reuse = reuse
    this.#warn = warn
    // Jobs that run as another user pass through what is above their directories.
    if (places.jobsAside !== places.aside) makeDirectory(dirname(places.jobs), passedMode)
    for (const aside of new Set([places.aside, places.jobsAside])) makeDirectory(aside, ownMode)
    makeDirectory(places.own, ownMode)
    makeDirectory(places.jobs, passedMode)
    this.#left = [...new Set([places.aside, places.jobsAside])].flatMap((aside) =>
      readdirSync(aside).map((name) => join(aside, name)),
    )
  }

  /** Returns false if the attempt's directory already exists. */
  create(name: string, { run, isSecret, mounts, input, group, owner }: AttemptFiles): boolean {
    const directory = this.#places.directoryOf(name)
    if (!this.#makeJobs(name, directory, owner)) return false
    const made = this.#spare.pop() ?? this.#make()
    try {
      overwriteOwnFile(made, 'run', run)
      if (isSecret) chmodSync(join(made, 'run'), secretMode)
      if (mounts !== undefined) makeOwnFile(made, 'mounts', mounts)
      if (input !== undefined) makeOwnFile(made, 'input', input)
      if (group !== undefined) makeOwnFile(made, 'group', group)
      if (moved(made, directory, ownMode)) return true
    } catch (error) {
      this.#giveBack(made)
      throw error
    }
    this.#giveBack(made)
    return false
  }

  /**
   * The attempt must have ended. Resolves when nothing of it is left, except what a warning
   * reports. `isStuck`: a process of it may have files open, so nothing is used again.
   */
  async remove(name: string, isStuck = false): Promise<void> {
    const jobs = this.#places.jobDirectoryOf(name)
    const taken = jobs === undefined ? undefined : this.#takeAside(jobs)
    const own = this.#takeAside(this.#places.directoryOf(name))
    if (taken !== undefined && (isStuck || !this.#reuse || !this.#spareTrees.giveBack(name, taken)))
      await this.removeTree(taken)
    if (own !== undefined && (jobs === undefined || isStuck || !this.#keepSpare(own))) await this.removeTree(own)
    this.#places.forget(name)
  }

  /** Removes what earlier servers left aside. */
  async sweep(): Promise<void> {
    for (const directory of this.#left) await this.removeTree(directory)
  }

  /** Removes a tree. What cannot be removed (a mount) is left aside and reported. Never throws. */
  async removeTree(directory: string): Promise<void> {
    try {
      await removeTree(directory, this.#places.asideOf(directory))
    } catch (error) {
      this.#warn({ err: error, directory }, 'something that an attempt left could not be removed')
    }
  }

  /** Returns false if the attempt already exists and has its directories. */
  #makeJobs(name: string, directory: string, owner: AttemptFiles['owner']): boolean {
    const place = this.#places.jobDirectoryOf(name)
    if (place === undefined) return false
    const made = (owner === undefined ? this.#spareTrees.take(name) : undefined) ?? this.#makeTree(owner)
    if (moved(made, place, passedMode)) return true
    // Left by a start that was cut off, or just made by another caller. Either way the directories
    // are as good as new while the attempt itself does not exist.
    if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined || isAsNew(place, owner)) {
      if (!(this.#reuse && this.#spareTrees.giveBack(name, made))) void this.removeTree(made)
      return lstatSync(directory, { throwIfNoEntry: false }) === undefined
    }
    const strange = this.#takeAside(place)
    if (strange !== undefined) void this.removeTree(strange)
    if (moved(made, place, passedMode)) return true
    throw new Error(`${place} is being made by somebody else`)
  }

  #makeTree(owner?: AttemptFiles['owner']): string {
    const made = this.#make(passedMode, this.#places.jobsAside)
    for (const inner of jobDirectories) {
      makeDirectory(join(made, inner), ownMode)
      if (owner !== undefined) chownSync(join(made, inner), owner.uid, owner.gid)
    }
    return made
  }

  #make(mode = ownMode, aside = this.#places.aside): string {
    const directory = this.#fresh(aside)
    makeDirectory(directory, mode)
    return directory
  }

  #fresh(aside: string): string {
    return join(aside, `${process.pid}-${Date.now().toString(36)}-${serial++}`)
  }

  #giveBack(made: string): void {
    if (!this.#keepSpare(made)) void this.removeTree(made)
  }

  /** Undefined if there is nothing. */
  #takeAside(directory: string): string | undefined {
    const taken = this.#fresh(this.#places.asideOf(directory))
    try {
      renameSync(directory, taken)
      return taken
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      // Something is mounted right there.
      if (code !== 'EBUSY' && code !== 'EXDEV') throw error
      this.#warn({ err: error, directory }, 'the directory of an attempt cannot be taken away')
      return undefined
    }
  }

  /**
   * Clears the directory of the server's own files, if it is as the server made it and holds
   * nothing else.
   */
  #keepSpare(directory: string): boolean {
    if (!this.#reuse || this.#spare.length >= keptSpare) return false
    const stat = lstatSync(directory, { throwIfNoEntry: false })
    if (!stat?.isDirectory() || (stat.mode & 0o7777) !== ownMode || stat.uid !== process.getuid?.()) return false
    try {
      for (const entry of readdirSync(directory)) {
        const path = join(directory, entry)
        const file = lstatSync(path)
        // A large file, a link, or anything else needs a more careful removal.
        if (!file.isFile() || file.size > smallBytes) return false
        if (!isKept(entry, file)) unlinkSync(path)
      }
    } catch {
      return false
    }
    this.#spare.push(directory)
    return true
  }
}

/** The largest file that is removed on the server's one thread: freeing a large file takes long. */
const smallBytes = 64 * 1024

/** Files that will be overwritten, or are still empty, and have no other name. */
function isKept(name: string, { mode, nlink, size, uid }: Stats): boolean {
  const isOwn = nlink === 1 && uid === process.getuid?.() && (mode & 0o7777) === 0o600
  return isOwn && (name === 'run' || (name === 'output' && size === 0))
}

/** Sets the mode whatever the umask, and also on a directory that exists already. */
function makeDirectory(directory: string, mode: number): void {
  mkdirSync(directory, { recursive: true, mode })
  chmodSync(directory, mode)
}

/**
 * Returns false if something exists there already. It is complete then, because nothing appears
 * incomplete.
 */
function moved(from: string, to: string, shardMode: number): boolean {
  try {
    return renamed(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    makeDirectory(dirname(to), shardMode)
    return renamed(from, to)
  }
}

function renamed(from: string, to: string): boolean {
  try {
    // An empty directory would be replaced. A link or a file is in the way. None of these was made
    // here.
    renameSync(from, to)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code)) return false
    throw error
  }
}

/** Whether the job's directories exist, belong to it, and are empty. */
function isAsNew(place: string, owner: AttemptFiles['owner']): boolean {
  const uid = owner?.uid ?? process.getuid?.()
  try {
    if (!lstatSync(place).isDirectory()) return false
    return jobDirectories.every((inner) => {
      const stat = lstatSync(join(place, inner))
      const isOwn = stat.isDirectory() && stat.uid === uid && (stat.mode & 0o7777) === ownMode
      return isOwn && readdirSync(join(place, inner)).length === 0
    })
  } catch {
    return false
  }
}
