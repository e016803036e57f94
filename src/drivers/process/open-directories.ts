import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createGroupDirectories, type GroupDirectories } from '../group-directories.ts'
import { removeTree } from '../tree-removal.ts'
import { relativePath } from './attempt-places.ts'
import { closedToOthers, type RunAs } from './run-as.ts'
import { copyTrust, removeTrust } from './trust-copy.ts'

/**
 * The directories of jobs that run under an account of their own. They are outside the data
 * directory, which stays closed to all accounts:
 *
 *     BASE/jobs/SHARD/NAME/{work,tmp}   a job's own, closed to all other accounts
 *     BASE/groups/                      the volumes that the containers of one task share
 *     BASE/aside/                       what is being made or taken away
 *
 * Accounts pass through the rest, and can list and change nothing there. Nothing is made before the
 * first of these jobs.
 */
export class OpenDirectories {
  readonly groups: GroupDirectories
  readonly #base: string
  readonly #warn: (details: object, message: string) => void
  #isMade = false
  #serial = 0

  constructor(base: string, warn: (details: object, message: string) => void) {
    this.#base = base
    this.#warn = warn
    this.groups = createGroupDirectories(join(base, 'groups'), (directory) => this.#removeTree(directory))
  }

  /** Every account passes through it once `whyNot` has made it. */
  get base(): string {
    return this.#base
  }

  get groupsDirectory(): string {
    return join(this.#base, 'groups')
  }

  /** The path of a file's copy that every account may read. */
  copyTrust(file: string): string {
    return copyTrust(file, this.#base)
  }

  directoryOf(name: string): string {
    return join(this.#base, 'jobs', relativePath(name))
  }

  /** Why no account could use the directories, if that is so. Makes them. */
  whyNot(): string | undefined {
    if (this.#isMade) return undefined
    for (const path of [this.#base, join(this.#base, 'jobs')]) makePassage(path)
    mkdirSync(join(this.#base, 'aside'), { recursive: true, mode: 0o700 })
    for (const path of [this.#base, join(this.#base, 'jobs'), join(this.#base, 'aside')]) {
      const stat = lstatSync(path)
      if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0)
        return `${path} is not this server's alone`
    }
    const closed = closedToOthers(join(this.#base, 'jobs'))
    if (closed !== undefined) return `${closed} is closed to others`
    this.#isMade = true
    return undefined
  }

  /** Makes the directories of an attempt that has not started. */
  make(name: string, { uid, gid }: RunAs): void {
    const place = this.directoryOf(name)
    const made = this.#fresh()
    makePassage(made)
    for (const inner of ['work', 'tmp']) {
      mkdirSync(join(made, inner), { mode: 0o700 })
      chownSync(join(made, inner), uid, gid)
    }
    makePassage(dirname(place))
    // Left by a start that was cut off.
    this.#takeAside(place)
    renameSync(made, place)
  }

  /** Resolves when nothing of the attempt is left, except what a warning reports. */
  async remove(name: string): Promise<void> {
    const taken = this.#takeAside(this.directoryOf(name))
    if (taken !== undefined) await this.#removeTree(taken)
  }

  /** Names of all attempts that have a directory here. */
  names(): string[] {
    return entriesOf(join(this.#base, 'jobs')).flatMap((shard) => entriesOf(join(this.#base, 'jobs', shard)))
  }

  /** Removes what earlier servers left aside. */
  async sweep(): Promise<void> {
    for (const entry of entriesOf(join(this.#base, 'aside'))) await this.#removeTree(join(this.#base, 'aside', entry))
  }

  /** Leaves nothing behind if no job is left. */
  close(): void {
    this.#isMade = false
    const jobs = join(this.#base, 'jobs')
    for (const directory of [
      ...entriesOf(jobs).map((shard) => join(jobs, shard)),
      ...['jobs', 'groups', 'aside'].map((name) => join(this.#base, name)),
    ])
      removeEmpty(directory)
    removeTrust(this.#base)
    for (const directory of [this.#base, dirname(this.#base)]) removeEmpty(directory)
  }

  #takeAside(directory: string): string | undefined {
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return undefined
    const taken = this.#fresh()
    // Another server may have taken it away when it ended.
    mkdirSync(dirname(taken), { recursive: true, mode: 0o700 })
    renameSync(directory, taken)
    return taken
  }

  #fresh(): string {
    return join(this.#base, 'aside', `${process.pid}-${Date.now().toString(36)}-${this.#serial++}`)
  }

  async #removeTree(directory: string): Promise<void> {
    try {
      await removeTree(directory, join(this.#base, 'aside'))
    } catch (error) {
      this.#warn({ err: error, directory }, 'something that an attempt left could not be removed')
    }
  }
}

/** Whatever the umask. A directory that exists already stays as it is. */
function makePassage(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o711 })
  if (first === undefined) return
  for (let made = directory; ; made = dirname(made)) {
    chmodSync(made, 0o711)
    if (made === first) return
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Something is in it, or it does not exist.
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
